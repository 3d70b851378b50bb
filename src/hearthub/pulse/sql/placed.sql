-- Late observations, each with what stood at its time.
create or replace temp table placed as
select t.*, n.digest as old_digest, n."at" as old_at
from told t asof left join near n on t.repo_id = n.repo_id and t."at" >= n."at"
