-- Sums of downloads and of their squares by group of namespaces.
with part as (select range::integer as part from range({groups})),
whole as (
    select
        (hash(lower(any_value(author))) % {groups})::integer as part, sum(downloads) as downloads
    from u where downloads is not null
    group by {column}
)
select
    part, coalesce(sum(downloads), 0) as total, coalesce(sum(downloads * downloads), 0) as squares,
    count(downloads) as n
from part left join whole using (part)
group by part
order by part
