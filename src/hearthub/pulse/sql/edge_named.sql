-- Edges of the universe's repos, under their present names; loops too.
create or replace temp table edge_named as
with named as (
    select
        coalesce(c.new_repo, e.child) as child,
        coalesce(
            p.new_repo, e.parent,
            -- Not here: whoever names it means the same.
            -(('0x' || substr(sha256(lower(coalesce(e.parent_id, ''))), 1, 15))::bigint) - 1
        ) as parent,
        min(e.parent_id) as parent_id, min(e.relation) as relation
    from edge e
    left join renamed c on c.old_repo = e.child
    left join renamed p on p.old_repo = e.parent
    where e.first_seen < $after::timestamp
    group by 1, 2
)
select n.*, u.created_at as born, u.d30, u.downloads, u.is_removed
from named n join u on u.repo_id = n.child
