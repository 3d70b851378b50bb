-- Downloads a day where there are only 30-day counters R, by non-negative deconvolution: the day
-- that enters the counter is its change and the day that left it, x(t) = R(t) - R(t-1) + x(t-30).
-- The 30 days before the first counter are taken as even, from the repo's first day on.
create or replace temp table day_of_d30 as
with chosen as (
    select repo_id, min(day) as first, min_by(d30, day) as d30
    from point
    group by repo_id
    having count(d_all) = 0 and count(d30) > 0
    order by max(d30) desc, repo_id
    limit {repos}
),
live as (
    select day, lag(day) over (order by day) as live_before
    from observed_day where not is_stalled and day <= $anchor
),
held as (
    select c.repo_id, c.first, c.d30 as d30_first, live.day, live_before, p.d30
    from chosen c
    join live on live.day >= c.first
    asof join (select * from point where d30 is not null) p
        on p.repo_id = c.repo_id and p.day <= live.day
),
step as (
    select
        *, case when day = first then 1 else day - live_before end as span,
        coalesce(d30 - lag(d30) over (partition by repo_id order by day), 0) as change
    from held
),
spread as (
    select
        repo_id, first, d30_first, change / span as change, unnest(range(span::bigint))::integer as back,
        day - back as day
    from step
),
added as (
    select
        s.repo_id, s.day, s.day - s.first as age,
        greatest(0, least(30, coalesce(s.first - u.created_at::date, 29) + 1)) as lived, s.d30_first,
        sum(change) over (partition by s.repo_id, (s.day - s.first) % 30 order by s.day) as changes
    from spread s join u using (repo_id)
)
select
    repo_id, day::date as day,
    greatest(0, changes + case
        -- How far back this day of the month lies before the first counter: was the repo there?
        when (30 - age % 30) % 30 < lived then d30_first / lived else 0
    end) as downloads
from added
