select count(d30) as liked, count(*) filter (d30 < 10) as unused, count(*) as n
from u
where likes_all >= 50 and not is_removed and created_at < $after::timestamp - interval 3 day
