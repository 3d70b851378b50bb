-- Downloads by the country of those whom a model descends from: of its roots, in equal parts; of a
-- model without a base, of itself. A root that is not here is known by the namespace in its name.
with child as (select distinct child from lineage),
root as (
    select d.node, d.ancestor as root
    from descent d anti join child on child.child = d.ancestor
),
outside as (
    select parent as root, lower(split_part(min(parent_id), '/', 1)) as namespace
    from lineage where parent < 0 group by parent
),
part as (
    select node, coalesce(b.country, n.country) as country,
        1 / count(*) over (partition by node) as part
    from root
    left join u b on b.repo_id = root.root
    left join outside o on o.root = root.root
    left join namespace_country n on n.namespace = o.namespace
),
each as (
    select u.repo_id, u.downloads, true as is_derived, p.country, p.part
    from u join part p on p.node = u.repo_id
    union all
    -- With a base in every line of 64 generations: where they end is not known.
    select u.repo_id, u.downloads, true, null, 1
    from u semi join child on child.child = u.repo_id anti join part on part.node = u.repo_id
    union all
    select u.repo_id, u.downloads, false, u.country, 1
    from u anti join child on child.child = u.repo_id
)
select
    coalesce(country, 'unknown') as class, sum(downloads * part) as downloads,
    sum(downloads * part) filter (is_derived) as derived,
    count(distinct repo_id) filter (is_derived) as n_derived,
    -- Who descends from nobody is there but once.
    count(distinct repo_id) filter (is_derived) + count(*) filter (not is_derived) as n
from each where downloads is not null
group by 1
order by downloads desc, class
