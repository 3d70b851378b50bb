-- Differences of the all-time counters, spread evenly over days on which nothing was to be seen.
-- A fall is a correction upstream, not a restart: it adds nothing, what follows counts again.
create or replace temp table day as
with live as (
    select day, lag(day) over (order by day) as live_before
    from observed_day where not is_stalled
),
step as (
    select
        point.repo_id, point.day, point.d_all, point.likes, live_before, u.created_at::date as born,
        last_value(point.d_all ignore nulls) over before as d_before,
        last_value(point.likes ignore nulls) over before as l_before,
        row_number() over (partition by point.repo_id order by point.day) = 1 as is_first
    from point join u using (repo_id) join live on live.day = point.day
    window before as (
        partition by point.repo_id order by point.day rows between unbounded preceding and 1 preceding
    )
),
gained as (
    select
        repo_id, day,
        d_all < d_before as fell,
        greatest(0, d_all - case when is_new then 0 else d_before end) as downloads,
        likes - case when is_new then 0 else l_before end as likes,
        greatest(1, least(
            case when is_new then day - born + 1 else day - live_before end,
            coalesce(day - live_before, 36500)
        ))::bigint as span
    from (
        -- Born since the live day before: all that it has, it got meanwhile. On the source's first
        -- day those count as born that are younger than a week: spread over longer, it would tell
        -- of days that nobody saw.
        select *, is_first and born <= day
            and coalesce(born > live_before, born > day - 7) as is_new
        from step
    )
)
select
    repo_id, (day - back)::date as day, sum(downloads) as downloads, sum(likes) as likes,
    bool_or(fell) as fell
from (
    select
        repo_id, day, coalesce(fell, false) as fell, coalesce(downloads, 0) / span as downloads,
        coalesce(likes, 0) / span as likes, unnest(range(span))::integer as back
    from gained
    where (downloads != 0 or likes != 0 or fell) and day >= {first}
)
group by all
