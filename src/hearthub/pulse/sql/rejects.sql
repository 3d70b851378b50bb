-- What was refused of this file, and what was left out of rows that are fine.
select $snapshot as snapshot_id, reason, any_value(example)[:200] as example, count(*) as n
from (
  select problem as reason, id as example from read_parquet({file}) where problem is not null
  union all
  select 'left out: ' || unnest(left_out), id from read_parquet({file}) where problem is null
  union all
  select 'left out: a base that is the repo itself', id from read_parquet({file})
  where problem is null and is_own_base
)
group by reason
