-- Scores of each live day, of watched repos that ever had one: what `listed` reads of `point`.
create or replace temp table trended as
with live as (select day from observed_day where not is_stalled),
scored as (
    select counted_id, repo_id from watched
    semi join (select repo_id from u where trending_most > 0) using (repo_id)
),
seen as (
    select scored.repo_id, "at"::date as day, arg_max(trending, {moment}) as trending
    from {scores} counter join scored on counter.repo_id = scored.counted_id
    where "at" < $after::timestamp
    group by all
)
select repo_id, live.day, arg_max(trending, seen.day) as trending
from seen asof join live on seen.day <= live.day
where live.day <= $anchor
group by all
