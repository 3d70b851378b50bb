-- The first {top} of each live day: by the source's own score where it has one, else by likes of
-- seven days. Of repos that ever stood high.
create or replace temp table listed as
with live as (
    select day from observed_day where not is_stalled and day <= $anchor and day >= {first}
),
scored as (
    select repo_id, max(trending) as most from {points} where trending > 0 and day >= {first}
    group by repo_id order by most desc, repo_id limit {candidates}
),
held as (
    select scored.repo_id, live.day, p.trending as score
    from scored cross join live
    asof join (select * from {points} where trending is not null) p
        on p.repo_id = scored.repo_id and p.day <= live.day
),
liked as (
    select repo_id, sum(greatest(likes, 0)) as most from day
    group by repo_id order by most desc, repo_id limit {candidates}
),
week as (
    select repo_id, day + ahead as day, sum(likes) as score
    from (select repo_id, day, likes, unnest(range(7))::integer as ahead from day semi join liked using (repo_id))
    group by all
),
score as (
    select * from held where score > 0
    union all
    select week.* from week semi join live using (day)
    where score > 0 and not exists (from scored)
)
select s.repo_id, s.day, rank
from (
    select *, row_number() over (partition by day order by score desc, repo_id) as rank from score
) s
join u using (repo_id)
where rank <= {top} and (u.removed_at is null or u.removed_at::date > s.day)
