-- Which observations of one stream change what stands before them; and, of those that come late,
-- where what stood must be said again (`line` is null: as it was at `from_at`).
create temp table {stream}_changes as
select repo_id, "at", line, from_at
from (
  select *, lag(digest, 1, {nothing}) over (partition by repo_id order by "at") as before
  from (
    select repo_id, "at", digest, line, cast(null as timestamp) as from_at, false as is_stored
    from told
    union all
    select repo_id, "at", digest, null, from_at, false from fills
    union all
    select repo_id, "at", digest, null, null, true from near
  )
)
where not is_stored and digest <> before
