-- Repos created in the window, those most liked first.
select id, likes_all as likes
from u
where created_at >= $asked::timestamp and created_at < $after::timestamp and not is_removed
    and likes_all > 0
order by likes desc, id
limit {most}
