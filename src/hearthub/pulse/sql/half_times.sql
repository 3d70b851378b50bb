-- From the peak of what was smoothed over {smooth} days to the first of three days in a row at half
-- of it or less. A repo first seen after its launch, whose highest day is among the first seen, peaked
-- before: at launch, as high as follows from what it had by then and an even decline since. It comes under watch at
-- the age it had, if it was above half of that still (left-truncated).
with bounds as (
    select min(day) as observed from observed_day where not is_stalled
),
lived as (
    select
        u.repo_id, u.created_at::date as born, {cohort} as cohort, had,
        greatest(
            u.created_at::date, $start::date,
            {first_seen}
        ) as first,
        least($anchor, coalesce(u.removed_at::date, $anchor)) as last,
        coalesce(u.removed_at::date <= $anchor, false) as is_removed
    from u
    join (select repo_id, any_value(had) as had from half_series group by repo_id) using (repo_id)
    cross join bounds
),
grid as (
    select repo_id, first + n::integer as day
    from (select repo_id, first, unnest(range(0, last - first + 1)) as n from lived where last > first)
),
smoothed as (
    select
        grid.repo_id, grid.day,
        avg(coalesce(x, 0)) over (
            partition by grid.repo_id order by grid.day
            rows between {before} preceding and {before} following
        ) as x
    from grid left join half_series using (repo_id, day)
),
highest as (
    select repo_id, max(x) as x, arg_max(day, (x, -(day - date '2000-01-01'))) as day
    from smoothed group by repo_id having max(x) >= {peak}
),
peak as (
    select
        repo_id, h.day, h.day - first <= {before} and first - born > 2 as is_late,
        -- Of an even decline the mean is the geometric mean of first and last: peak = mean^2 / x.
        case when is_late then greatest(h.x, coalesce(pow(had / (first - born), 2) / h.x, 0))
            else h.x end as x
    from highest h join lived using (repo_id)
),
low as (
    select
        s.repo_id, s.day, s.x <= p.x / 2 as is_low,
        lead(s.x, 1) over after <= p.x / 2 and lead(s.x, 2) over after <= p.x / 2 as stays
    from smoothed s join peak p on p.repo_id = s.repo_id and s.day >= p.day
    window after as (partition by s.repo_id order by s.day)
),
half as (select repo_id, min(day) as day from low where is_low and stays group by repo_id),
span as (
    select
        cohort,
        case
            when is_late then first - born else 0
        end as entry,
        coalesce(h.day, last) - case when is_late then first else p.day end as lasted,
        h.day is not null as is_end, is_removed and h.day is null as went,
        is_late and coalesce(h.day = p.day, false) as was_over
    from lived join peak p using (repo_id) left join half h using (repo_id)
)
select
    cohort, entry, entry + lasted as exit, is_end, count(*) as n, count(*) filter (went) as went
from span where lasted > 0 and not was_over
group by all
order by all
