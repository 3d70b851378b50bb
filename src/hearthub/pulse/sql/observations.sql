-- One row for each repo and time that can be believed; of several the largest counters.
create temp table obs as
select repo_id, type, "at", line, is_there, d30, d_all, likes, trending,
  {counter_digest} as counter_digest, digest as state_digest
from (
  select *, file_row_number as line
  from read_parquet({file}, file_row_number = true)
  where problem is null
)
{once}
