select relation, count(distinct child) as children
from (select child, coalesce(relation, 'unknown') as relation from edge_named)
group by relation
order by children desc, relation
