-- Rows of `presence` that become necessary, and all that is then known of the repos concerned.
create temp table presence_now as
with told as (
  select repo_id, type, "at", is_there from obs
  union all
  select repo_id, type, "at", false from absent
),
near as (
  select p.repo_id, p."at", bool_or(p.is_there) as is_there
  from presence p semi join told using (repo_id)
  group by p.repo_id, p."at"
),
placed as (
  select t.*, n."at" as old_at, n.is_there as old
  from told t asof left join near n on t.repo_id = n.repo_id and t."at" >= n."at"
),
-- What is known of the same time already stands, unless it is now seen there.
known as (
  select repo_id, "at" from placed where old_at = "at"
  union
  select p.repo_id, p."at" from placed p join seen s on s.repo_id = p.repo_id and s."at" = p."at"
  union
  select p.repo_id, p."at" from placed p join whole w on w.type = p.type and w."at" = p."at"
),
late as (
  select * from placed anti join known using (repo_id, "at")
  union all
  select p.* from placed p semi join known using (repo_id, "at")
  where p.is_there and not coalesce(p.old, false)
),
next as (
  select l.repo_id, l."at", s."at" as next
  from late l asof join seen s on l.repo_id = s.repo_id and l."at" < s."at"
  union all
  select l.repo_id, l."at", w."at"
  from late l asof join whole w on l.type = w.type and l."at" < w."at"
),
fills as (
  select l.repo_id, f.next as "at", coalesce(l.old, false) as is_there
  from late l
  join (select repo_id, "at", min(next) as next from next group by repo_id, "at") f
    using (repo_id, "at")
  asof left join near n on l.repo_id = n.repo_id and l."at" < n."at"
  where f.next < coalesce(n."at", timestamp '9999-12-31')
),
each as (
  select repo_id, "at", bool_or(is_there) as is_there,
    bool_or(is_stored and is_there) as is_stored_there,
    bool_or(is_stored) as is_stored
  from (
    select repo_id, "at", is_there, true as is_stored from near
    union all
    select repo_id, "at", is_there, false from late
    union all
    select repo_id, "at", is_there, false from fills
  )
  group by repo_id, "at"
)
select repo_id, "at", is_there,
  case when is_there then is_stored_there else is_stored end as is_stored,
  lag(is_there) over (partition by repo_id order by "at") as before
from each
