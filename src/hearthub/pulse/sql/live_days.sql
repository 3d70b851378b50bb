-- The days on which the source was observed, and whether its counters stood still then.
-- `sampled` holds the repos that are looked at: all of them, or a random part of many.
create or replace temp table observed_day as
with told as (
    select repo_id, "at"::date as day, "at", d_all, d30
    from counter semi join sampled using (repo_id)
    where repo_id < {below}
),
-- A look is over when its last row was made, and one without a changed row was one all the same.
-- Where nobody noted looks, each row is of one, and both ends of a snapshot are.
noted as (
    select distinct "at"::date as day from capture
    where source = $source and (type is null or type = $type)
),
look as (
    select day from noted
    union
    select day from told where not exists (from noted)
    union
    select unnest([observed_at::date, first_observed_at::date]) from snapshot
    where source = $source and (type is null or type = $type)
        and snapshot_id not in (select snapshot_id from capture)
        and observed_at is not null -- as of a file of which no row could be taken
),
point as (
    select
        repo_id, look.day, arg_max(coalesce(d_all, d30), "at") as downloads,
        count(d_all) > 0 as has_all
    from told asof join look on told.day <= look.day
    group by all
),
-- A look at which nothing had changed does not make anybody less busy: it has the number of the last
-- one that had, and comes before `turn`, the next.
numbered as (
    select
        *, sum((not is_silent)::int) over (order by day) as number,
        number + is_silent::int as turn
    from (
        select
            look.day, coalesce(bool_or(has_all), false) as has_all,
            count(point.repo_id) = 0 as is_silent
        from look left join point using (day)
        group by look.day
    )
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
    select day, count(*) as repos from numbered
    join busy on turn > first and turn <= last
    group by day
),
found as (
    select day, count(*) as repos
    from moved join busy using (repo_id) join numbered using (number)
    where number > first and not is_silent
    group by day
)
select
    day,
    has_all,
    coalesce(expected.repos, 0) as busy,
    coalesce(found.repos, 0) as moved,
    coalesce(expected.repos >= {few} and found.repos is null, false)
    or coalesce(expected.repos >= {few} and found.repos < 0.7 * expected.repos, false) as is_stalled
from numbered left join expected using (day) left join found using (day)
order by day
