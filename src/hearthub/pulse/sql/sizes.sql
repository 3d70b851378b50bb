-- Sums over sizes of each class, by group of namespaces (null: of all).
with cell as (
    select
        {by} as dimension, (hash(lower(author)) % {groups})::integer as part,
        {size}::double as size, downloads
    from u where downloads is not null
)
select
    dimension, part,
    sum(size * downloads) as mass, sum(downloads) filter (size is not null) as weight,
    sum(ln(size) * downloads) filter (size > 0) as log_mass,
    sum(downloads) filter (size > 0) as log_weight,
    sum(size) as sizes, count(size) as n, sum(downloads) as downloads, count(*) as repos
from cell
group by grouping sets ((dimension), (dimension, part))
order by dimension, part nulls first
