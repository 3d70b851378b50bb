-- Every repo as it is known with what came now.
create temp table repo_now as
with new as (
  select o.repo_id, any_value(o.type) as type, arg_max(s.id, o."at") as id,
    arg_max(s.author, o."at") as author, min(s.created_at) as created_at,
    min(o."at") as first_seen, max(o."at") filter (o.is_there) as last_seen, max(o."at") as last
  from obs o
  join read_parquet({file}, file_row_number = true) s on s.file_row_number = o.line
  group by o.repo_id
),
turns as (
  select repo_id, max("at") filter (is_there) as last_there from presence_now group by repo_id
),
fate as (
  select p.repo_id,
    min(p."at") filter (not p.is_there and (t.last_there is null or p."at" > t.last_there))
      as removed_at
  from presence_now p join turns t using (repo_id)
  group by p.repo_id
)
select
  coalesce(r.repo_id, n.repo_id) as repo_id,
  coalesce(r.source, $source) as source,
  coalesce(r.type, n.type) as type,
  case when r.repo_id is null or n.last >= greatest(r.first_seen, r.last_seen) then n.id
    else r.id end as id,
  case when r.repo_id is null or n.last >= greatest(r.first_seen, r.last_seen)
    then coalesce(n.author, r.author) else coalesce(r.author, n.author) end as author,
  least(r.created_at, n.created_at) as created_at,
  least(r.first_seen, n.first_seen) as first_seen,
  greatest(r.last_seen, n.last_seen) as last_seen,
  case when f.repo_id is null then r.removed_at else f.removed_at end as removed_at
from repo r
full join new n on n.repo_id = r.repo_id
left join fate f on f.repo_id = coalesce(r.repo_id, n.repo_id)
