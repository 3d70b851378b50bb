-- When each late observation was next contradicted by one that had no row, because nothing had
-- changed: what stood has to be said again then.
create or replace temp table fills as
with late as (select * from placed anti join tied using (line)),
by_seen as (
  select l.line, s."at" as next
  from late l
  asof join (select repo_id, "at" from seen where {said}) s
    on l.repo_id = s.repo_id and l."at" < s."at"
),
by_whole as (
  select l.line, min(w."at") as next
  from (
    select l.line, l.type, t.until, greatest(t.since, l."at" + interval 1 microsecond) as since
    from late l join there t using (repo_id)
    where t.until > l."at"
  ) l
  asof join (select type, "at" from whole where {said}) w
    on l.type = w.type and l.since <= w."at"
  where w."at" < l.until
  group by l.line
),
stored as (
  select l.line, n."at" as next
  from late l asof join near n on l.repo_id = n.repo_id and l."at" < n."at"
)
select distinct l.repo_id, f.next as "at", coalesce(l.old_digest, {nothing}) as digest,
  l.old_at as from_at
from late l
join (
  select line, min(next) as next
  from (select * from by_seen union all select * from by_whole) group by line
) f using (line)
left join stored s using (line)
where f.next < coalesce(s.next, timestamp '9999-12-31')
