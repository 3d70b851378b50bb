-- Without cycles: of the edges between repos that are in or between cycles, those stay whose child
-- is the younger. A cycle has at least one edge that goes the other way.
create or replace temp table lineage as
select
    e.child, e.parent, e.parent_id, coalesce(e.relation, 'unknown') as relation, e.born, e.d30,
    e.downloads, e.is_removed
from edge_named e
left join (
    select core.child, core.parent, p.created_at as born, p.repo_id as older
    from core left join u p on p.repo_id = core.parent
) core on core.child = e.child and core.parent = e.parent
where e.child != e.parent
    and (core.child is null or (e.born, e.child) > (core.born, core.older))
