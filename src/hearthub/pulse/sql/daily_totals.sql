-- Of each of the last 28 days: what the watched repos gained together.
select d::date as day, coalesce(sum(downloads), 0) as downloads, coalesce(sum(likes), 0) as likes
from generate_series($anchor::timestamp - interval 27 day, $anchor::timestamp, interval 1 day) t(d)
left join day on day.day = d::date
group by d
order by d
