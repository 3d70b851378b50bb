with strictness as (
    select unnest(['permissive', 'copyleft', 'community', 'non-commercial']) as class,
        unnest([0, 1, 2, 3]) as strict
)
select
    {by} as dimension, count(*) as edges,
    count(*) filter (c.strict is not null and b.strict is not null) as known,
    count(*) filter (c.strict < b.strict) as looser
from lineage l
join u child on child.repo_id = l.child
left join u base on base.repo_id = l.parent
left join strictness c on c.class = child.licence_class
left join strictness b on b.class = base.licence_class
group by 1
order by edges desc, dimension
