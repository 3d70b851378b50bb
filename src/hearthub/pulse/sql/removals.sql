-- Of each class: repos under watch in the window, those that went in it, and days under watch.
-- Who is known only as gone was never watched, but is told.
with watched as (
    select
        {by} as dimension, d30, is_removed,
        greatest(first_seen, $start::timestamp, {since}) as since,
        least(coalesce(removed_at, $after::timestamp), $after::timestamp) as until
    from u
)
select
    dimension, count(*) as repos, count(*) filter (is_removed) as gone,
    count(*) filter (is_removed and until > since) as seen_going,
    sum(greatest(0, epoch(until - since) / 86400)) as days,
    count(*) filter (is_removed and coalesce(d30, 0) >= 1000) as heavy
from watched
group by dimension
order by gone desc, repos desc, dimension
