-- Of which repo and time there is an observation already: the first one stands.
create or replace temp table tied as
select line from placed where old_at = "at"
union
select p.line from placed p join seen s on s.repo_id = p.repo_id and s."at" = p."at"
where s.{said}
union
select p.line
from placed p
join whole w on w.type = p.type and w."at" = p."at"
join there t on t.repo_id = p.repo_id and t.since <= p."at" and p."at" < t.until
where w.{said}
