-- When the source was looked at. A panel whose repos have a row each, with times of their own, was
-- made in one look that took a while: else the last day would have but those that came last.
create temp table captures as
with one_look as (
  select type from obs group by type
  having count(*) < {repeated} * count(distinct repo_id) and count(distinct "at") > 1
)
select type, "at", "at" as since, count(*) as rows
from obs anti join one_look using (type) group by type, "at"
union all
select type, max("at"), min("at"), count(*)
from obs semi join one_look using (type) group by type
