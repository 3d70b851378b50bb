-- Downloads of models whose tags name a data set, by class and group of namespaces (null: of all).
with stood as (
    select repo_id, arg_max(len(list_filter(tags, lambda t: starts_with(t, 'dataset:'))), "at") as named
    from state semi join u using (repo_id)
    where "at" < $after::timestamp
    group by repo_id
),
cell as (
    select
        {by} as dimension, (hash(lower(author)) % {groups})::integer as part, downloads,
        s.repo_id is not null as is_described, coalesce(s.named, 0) > 0 as is_named
    from u left join stood s using (repo_id)
    where downloads is not null
)
select
    dimension, part, count(*) filter (is_described) as n,
    count(*) filter (is_named) as n_named,
    coalesce(sum(downloads) filter (is_named), 0) as named,
    coalesce(sum(downloads) filter (is_described), 0) as described, sum(downloads) as downloads
from cell
group by grouping sets ((dimension), (dimension, part))
order by dimension, part nulls first
