create or replace temp table {table} as
select
    repo_id,
    {columns}
    max(d_all) as d_most,
    max(trending) filter ("at" < {after}) as trending_most
from counter
where {where}
group by repo_id
