-- Whole captures tell of every repo that is not in them.
create temp table absent as
with moments as (
  select type, "at", row_number() over (partition by type order by "at") as number from captures
),
-- Those seen in this file, and not in its next capture.
gaps as (
  select o.repo_id, o.type, m.number + 1 as number,
    lead(m.number) over (partition by o.repo_id order by m.number) as next
  from obs o join moments m on m.type = o.type and m."at" = o."at"
),
missed as (
  select g.repo_id, m.type, m."at"
  from gaps g join moments m on m.type = g.type and m.number = g.number
  where g.next is null or g.next > g.number
  union
  -- Those that were there by what is stored.
  select t.repo_id, m.type, m."at"
  from there t join moments m on m.type = t.type and t.since <= m."at" and m."at" < t.until
)
select repo_id, type, "at"
from missed m
anti join (
  select repo_id, "at" from read_parquet({file}) where repo_id is not null
) s using (repo_id, "at")
