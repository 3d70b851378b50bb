-- Repos created in the window and still there at its end, by class.
select {by} as dimension, count(*) as n, sum(likes_all) as likes, sum(count(*)) over () as total
from u
where created_at >= $asked::timestamp and created_at < $after::timestamp and not is_removed
group by 1
order by n desc, dimension
limit {most}
