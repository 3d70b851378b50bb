create or replace temp table {table} as
select repo_id{columns}
from {counters}
where "at" < {after}
group by repo_id
