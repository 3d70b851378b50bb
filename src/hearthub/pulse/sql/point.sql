-- The last counters of each live day; what was seen on a stalled one counts on the next live day.
create or replace temp table point as
with live as (select day from observed_day where not is_stalled),
seen as (
    select
        watched.repo_id, "at"::date as day,
        arg_max(d_all, {moment})::double as d_all, arg_max(d30, {moment})::double as d30,
        arg_max(likes, {moment})::double as likes, arg_max(trending, {moment}) as trending
    from {counters} counter join watched on counter.repo_id = watched.counted_id
    where "at" < $after::timestamp
    group by all
{carried})
select
    repo_id, live.day,
    arg_max(d_all, seen.day) as d_all, arg_max(d30, seen.day) as d30,
    arg_max(likes, seen.day) as likes, arg_max(trending, seen.day) as trending
from seen asof join live on seen.day <= live.day
where live.day <= $anchor
group by all
