-- Likes of the last seven days, drawn towards the week that was usual: the mean of six weeks, in
-- which those of each day, at its noon, count half after {half} days; $anchor's midnight is now.
with seen as (
    select
        u.repo_id, u.id,
        -- Days of those six weeks in which its likes could be seen, a week at least.
        greatest(7, least({days}, $anchor - greatest(
            coalesce(u.created_at, u.first_seen)::date,
            (select min(day) from observed_day where not is_stalled)
        )))::integer as days
    from u where not u.is_removed
),
weighed as (
    select
        seen.id, any_value(seen.days) as days,
        sum(greatest(day.likes, 0)) filter (day.day > $anchor - 7) as gained,
        sum(greatest(day.likes, 0) * pow(2, -(($anchor - day.day) + 0.5) / {half})) as decayed
    from day join seen using (repo_id)
    where day.day > $anchor - {days} and day.day <= $anchor
    group by seen.id
),
told as (
    select
        id, coalesce(gained, 0) as gained,
        -- Over the sum of the same weights: a geometric series.
        7 * decayed * (1 - pow(2, -1 / {half}))
            / (pow(2, -0.5 / {half}) * (1 - pow(2, -days / {half}))) as mean
    from weighed where decayed > 0
)
select id, gained, mean, mean * (gained + {a}) / (mean + {a}) as score
from told
-- Sums of floats differ in their last digits from run to run: equal scores are to stay in one order.
order by round(score, 6) desc, id
limit {most}
