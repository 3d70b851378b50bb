-- The first by decayed likes, with the variance of the score if each day's likes are a count.
with daily as (
    select repo_id, day, greatest(likes, 0) as likes,
        pow(2, -(($anchor - day) + 0.5) / {half}) as weight
    from day
    where day > $anchor - 42 and day <= $anchor
),
bursts as (
    -- Variance over mean of 28 days, those without a row being days without likes.
    select repo_id, sum(likes) / 28 as mean, (sum(likes * likes) - sum(likes) ** 2 / 28) / 27 as v
    from daily where day > $anchor - 28 group by repo_id
)
select
    u.id, sum(daily.likes * weight) as score, sum(daily.likes) as gained,
    sum(daily.likes * weight * weight)
        * greatest(1, coalesce(any_value(case when mean > 0 then v / mean end), 1)) as variance
from daily join u using (repo_id) left join bursts using (repo_id)
where not is_removed
group by u.repo_id, u.id
having score > 0
order by score desc, u.id
limit {most}
