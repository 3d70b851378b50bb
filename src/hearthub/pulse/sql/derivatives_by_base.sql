-- Of each base: its children, all its descendants, those used, and what they add up to.
with direct as (
    select parent, min(parent_id) as parent_id, count(*) as direct, max(born) as newest
    from lineage group by parent
),
found as (
    select
        d.ancestor, count(*) as transitive, count(*) filter (not u.is_removed) as living,
        count(*) filter (u.d30 > 5) as used, sum(u.downloads) as downloads
    from descent d join u on u.repo_id = d.node
    group by d.ancestor
    order by transitive desc, d.ancestor
    limit {most}
)
select
    coalesce(b.id, direct.parent_id, 'unknown') as id, direct.direct, found.*,
    -- Since the base's release, where that is known; at least a week.
    found.transitive / greatest(1, date_diff('day', b.created_at, $after::timestamp) / 7) as a_week
from found
join direct on direct.parent = found.ancestor
left join u b on b.repo_id = found.ancestor
order by transitive desc, id
