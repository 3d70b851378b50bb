-- The stored rows that new observations stand between: those in their time, and the nearest
-- before and after it.
create or replace temp table near as
with wanted as (select distinct repo_id from told)
select s.repo_id, s."at", {digest} as digest
from {stream} s semi join wanted using (repo_id)
where s."at" between $low and $high
union all
select s.repo_id, max(s."at"), arg_max({digest}, s."at")
from {stream} s semi join wanted using (repo_id)
where s."at" < $low group by s.repo_id
union all
select s.repo_id, min(s."at"), arg_min({digest}, s."at")
from {stream} s semi join wanted using (repo_id)
where s."at" > $high group by s.repo_id
