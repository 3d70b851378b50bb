-- Last week against the three before; what all of similar volume did is no news.
with moved as (
    select
        id, d_0 - d_7 as week, (d_7 - d_28) / 3 as base
    from u
    where not is_removed and d_0 is not null and d_7 is not null and d_28 is not null
        and d_0 >= d_7 and (d_7 - d_28) / 3 >= {least}
    union all
    -- Where there are only 30-day counters, of the watched: by days made of them.
    select any_value(u.id), sum(day.downloads) filter (day.day > $anchor - 7),
        coalesce(
            sum(day.downloads) filter (day.day <= $anchor - 7 and day.day > $anchor - 28), 0
        ) / 3 as base
    from day join u using (repo_id)
    where u.d_all is null and not is_removed and {has_weeks}
    group by repo_id
    having base >= {least}
),
told as (
    select
        id, week, base, ln((coalesce(week, 0) + 1) / (base + 1)) as change,
        ntile({bins}) over (order by base, id) as bin, count(*) over () as n
    from moved
),
centred as (
    select *, median(change) over (partition by bin) as middle from told
),
spread as (
    select
        *, greatest(1.4826 * median(abs(change - middle)) over (partition by bin), 1e-3) as noise
    from centred
),
-- Squared changes over 1/base: what is left at endless volume is real, the slope is chance.
prior as (
    select
        greatest(0, regr_slope((change - middle) ** 2, 1 / base)) as slope,
        regr_intercept((change - middle) ** 2, 1 / base) as intercept
    from spread
    where abs(change - middle) < 6 * noise
)
select
    id, week, base, change, middle, noise, n, (change - middle) / noise as z,
    base / (base + case when intercept > 0 then slope / intercept else base end) * change as shrunken
from spread cross join prior
where abs(change - middle) / noise > {z}
order by abs(z) desc, id
limit {most}
