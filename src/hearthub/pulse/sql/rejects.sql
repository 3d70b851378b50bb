-- What was refused of this file, and what was left out of rows that are fine: of each the first.
select $snapshot as snapshot_id, reason, arg_min(
    ltrim(coalesce(example[:170], '') || coalesce(' (row ' || nth || ')', '')), coalesce(nth, 0)
  ) as example, count(*) as n
from (
  select problem as reason, id as example, nth from read_parquet({file}) where problem is not null
  union all
  select 'left out: ' || unnest(left_out), id, nth from read_parquet({file}) where problem is null
  union all
  select 'left out of lineages: a base that is the repo itself', id, nth from read_parquet({file})
  where problem is null and is_own_base
)
group by reason
