-- How the counters of every repo stood at the end of a month.
create temp table {table} as
select
    coalesce(now.repo_id, before.repo_id) as repo_id,
    {month} as month,
    coalesce(now.d30, before.d30) as d30,
    coalesce(now.d_all, before.d_all) as d_all,
    coalesce(now.likes, before.likes) as likes,
    greatest(now.d_most, before.d_most) as d_most,
    greatest(now.trending_most, before.trending_most) as trending_most
from (
    select
        repo_id, arg_max(d30, "at") as d30, arg_max(d_all, "at") as d_all,
        arg_max(likes, "at") as likes, max(d_all) as d_most, max(trending) as trending_most
    from {counters}
    group by repo_id
) now
full join ({before}) before on before.repo_id = now.repo_id
