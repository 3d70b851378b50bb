-- The days on which the source was observed, and whether its counters stood still then.
-- `sampled` holds the repos that are looked at: all of them, or a random part of many.
create or replace temp table observed_day as
with point as (
    select repo_id, "at"::date as day, arg_max(coalesce(d_all, d30), "at") as downloads,
        count(d_all) > 0 as has_all
    from counter semi join sampled using (repo_id)
    where repo_id < {below}
    group by all
),
-- A snapshot without a changed row was taken all the same. Of a panel only both ends are known.
numbered as (
    select day, bool_or(has_all) as has_all, row_number() over (order by day) as number
    from (
        select day, has_all from point
        union all
        select unnest([observed_at::date, first_observed_at::date]), false from snapshot
        where source = $source and (type is null or type = $type)
    )
    group by day
),
moved as (
    select repo_id, number
    from (
        select repo_id, number, downloads is distinct from
            lag(downloads) over (partition by repo_id order by number) as has_moved
        from point join numbered using (day)
    )
    where has_moved
),
-- Normal movement: another value on at least four of five observed days between first and last.
busy as (
    select repo_id, min(number) as first, max(number) as last
    from moved
    group by repo_id
    having count(*) >= 5 and count(*) >= 0.8 * (max(number) - min(number) + 1)
),
expected as (
    select number, count(*) as repos from numbered
    join busy on number > first and number <= last
    group by number
),
found as (
    select number, count(*) as repos from moved join busy using (repo_id)
    where number > first
    group by number
)
select
    day,
    has_all,
    coalesce(expected.repos, 0) as busy,
    coalesce(found.repos, 0) as moved,
    coalesce(expected.repos >= {few} and found.repos is null, false)
    or coalesce(expected.repos >= {few} and found.repos < 0.7 * expected.repos, false) as is_stalled
from numbered left join expected using (number) left join found using (number)
order by day
