-- The rows of `counter` that the changes ask for: as told now, or as they were at `from_at`.
select c.repo_id, c."at", o.d30, o.d_all, o.likes, o.trending
from counter_changes c join obs o on o.line = c.line
union all
select c.repo_id, c."at", s.d30, s.d_all, s.likes, s.trending
from counter_changes c left join counter s on s.repo_id = c.repo_id and s."at" = c.from_at
where c.line is null
