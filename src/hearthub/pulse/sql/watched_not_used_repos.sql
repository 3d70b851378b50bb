select id, d30, likes_all from u
where likes_all >= 50 and d30 < 10 and not is_removed
    and created_at < $after::timestamp - interval 3 day
order by likes_all desc, id
limit {most}
