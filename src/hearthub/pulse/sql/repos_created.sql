-- Repos born in the window, by class: those that are still there, and all that were ever seen. From
-- all that was ever seen: `u` would lack what was first looked at after the window.
with born as (
    select
        lower(coalesce(r.author, split_part(r.id, '/', 1))) as author,
        strftime(r.created_at, '%Y') as year, r.removed_at is not null as is_removed
    from repo r
    where r.source = $source and r.type = $type
        and r.created_at >= $asked::timestamp and r.created_at < $after::timestamp
        and r.repo_id not in (select old_repo from renamed)
        -- Of this hub itself nothing is told that is not public now.
        and (r.source <> 'own' or r.removed_at is null)
        and r.repo_id not in (select repo_id from withdrawn)
)
select
    {by} as dimension, count(*) filter (not is_removed) as n, count(*) as ever,
    count(distinct author) as authors
from born left join organisation o on o.namespace = born.author
where {where}
group by 1
order by n desc, dimension
