select id, d30, likes_all from u
where likes_all >= 50 and d30 < 10 and not is_removed
    -- Without a date of birth: it was there when it was first seen.
    and coalesce(created_at, first_seen) < $after::timestamp - interval 3 day
order by likes_all desc, id
limit {most}
