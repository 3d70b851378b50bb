select base.licence_class as base, child.licence_class as child, count(*) as n,
    sum(count(*)) over () as total
from lineage l
join u child on child.repo_id = l.child
join u base on base.repo_id = l.parent
where base.licence_class is not null and child.licence_class is not null
group by 1, 2
order by n desc, base, child
