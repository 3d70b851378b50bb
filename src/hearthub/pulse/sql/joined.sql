-- What is known of each repo, and how its counters stood.
select
    r.repo_id, r.id, coalesce(r.author, r.id) as author, r.created_at, r.first_seen, r.removed_at,
    s.* exclude (repo_id), v.* exclude (repo_id)
from repo r
left join ({stood}) s using (repo_id)
left join valued v using (repo_id)
where r.source = $source and r.type = $type
