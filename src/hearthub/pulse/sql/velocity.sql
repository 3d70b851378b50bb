-- Gains of the last {lag} days, by repo where their sum is not asked for.
with summed as (
    -- Where there are only 30-day counters: days made of them, if there are so many.
    select repo_id, sum(day.downloads) as downloads
    from day semi join (select repo_id from u where d_all is null and d30 is not null) using (repo_id)
    where day.day > $anchor - {lag} and {has_days}
    group by repo_id
),
gained as (
    select
        {by} as dimension,
        -- A fraction of a day old is a day old.
        greatest(1, least({lag}, date_diff('hour', created_at, $anchor::timestamp + interval 1 day) / 24))
            as days,
        case
            when d_0 is not null and d_{lag} is not null then greatest(d_0 - d_{lag}, 0)
            when created_at >= $anchor::timestamp - interval {lag_less} day then d_0
            else summed.downloads
        end as downloads,
        case
            when l_{lag} is not null then l_0 - l_{lag}
            when created_at >= $anchor::timestamp - interval {lag_less} day then l_0
        end as likes
    from u left join summed using (repo_id)
)
select
    dimension, max(days) as days, sum(downloads) as downloads, sum(likes) as likes,
    count(downloads) as n_downloads, count(likes) as n_likes, count(*) as n
from gained
{where}
group by dimension
order by {order} desc nulls last, dimension
limit {most}
