create or replace temp table {table} as
select
    repo_id,
    {columns}
    max(d_all) as d_most,
    arg_max(trending, "at") filter ("at" < {after}) as trending_now,
    max(trending) filter ("at" < {after}) as trending_most,
    min("at") as counted_from
from counter
where {where}
group by repo_id
