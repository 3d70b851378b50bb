select count(d30) as liked, count(*) filter (d30 < 10) as unused, count(*) as n
from u
where likes_all >= 50 and not is_removed
    -- Without a date of birth: it was there when it was first seen.
    and coalesce(created_at, first_seen) < $after::timestamp - interval 3 day
