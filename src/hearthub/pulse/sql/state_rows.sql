-- The rows of `state` that the changes ask for: as told now, or as they were at `from_at`.
select c.repo_id, c."at", {told}
from state_changes c
join read_parquet({file}, file_row_number = true) s on s.file_row_number = c.line
union all
select c.repo_id, c."at", {stood}
from state_changes c left join state s on s.repo_id = c.repo_id and s."at" = c.from_at
where c.line is null
