insert into descent
select distinct d.node, l.parent, {depth}
from descent d join lineage l on l.child = d.ancestor
where d.depth = {depth} - 1
    and not exists (select 1 from descent x where x.node = d.node and x.ancestor = l.parent)
