-- Likes of seven days against what was to be expected: the weeks before, or first weeks of the
-- namespace's earlier repos, or of everybody's.
with opening as (
    select u.repo_id, u.author, u.created_at, arg_max(point.likes, point.day) as likes
    from point join u using (repo_id)
    where point.day <= u.created_at::date + 7
        and u.first_seen < u.created_at + interval 3 day
        and u.created_at < $anchor::timestamp - interval 7 day
    group by all
),
expected as (
    select
        u.id, u.l_0 - coalesce(u.l_7, 0) as gained,
        case
            when u.l_35 is not null and u.l_7 is not null then (u.l_7 - u.l_35) / 4
            when u.l_7 is not null and u.created_at >= $anchor::timestamp - interval 35 day
                then u.l_7 / greatest(1, date_diff('day', u.created_at, $anchor::timestamp - interval 6 day) / 7)
            when u.created_at >= $anchor::timestamp - interval 6 day then coalesce(
                (select avg(o.likes) from opening o where o.author = u.author),
                (select median(o.likes) from opening o), 0
            )
        end as mean
    from u semi join watched on watched.repo_id = u.repo_id
    where not u.is_removed
)
select id, gained, mean, ln((greatest(gained, 0) + {a}) / (greatest(mean, 0) + {a})) as score
from expected
where mean is not null and gained > 0
order by score desc, id
limit {most}
