create or replace temp table valued as
select {repos}.repo_id, {columns}({d_most})::double as d_most, {trending_most} as trending_most
from {repos}{joined}
where {known}
