-- A family is a root and all that descends from it; who descends from several counts in parts.
with root as (
    select distinct parent as root from lineage where parent not in (select child from lineage)
),
member as (
    select d.node, d.ancestor as root, count(*) over (partition by d.node) as k
    from descent d semi join root on root.root = d.ancestor
    union all
    select root, root, 1 from root where root >= 0
)
select
    coalesce(any_value(b.id), min(l.parent_id), 'unknown') as id,
    sum(1 / k) as members, sum(u.downloads / k) as downloads, count(*) as n,
    (select sum(downloads) from u) as total
from member m
left join u on u.repo_id = m.node
left join u b on b.repo_id = m.root
left join (select parent, min(parent_id) as parent_id from lineage group by parent) l
    on l.parent = m.root
group by m.root
order by downloads desc nulls last, members desc, id
limit {most}
