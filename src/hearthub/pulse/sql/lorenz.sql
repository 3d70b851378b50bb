-- The Lorenz curve of downloads at some shares of the repos, those with fewest first.
with level as (
    select round(downloads) as x, count(*)::double as n
    from u where downloads is not null group by x
),
ranked as (
    select
        x, n, sum(n) over (order by x) as below, sum(n * x) over (order by x) as got,
        sum(n) over () as repos, sum(n * x) over () as total
    from level
),
asked as (select unnest({parts}::double[]) as part)
select part, repos, total, got - (below - round(part * repos)) * x as downloads
from asked join ranked on below - n < round(part * repos) and round(part * repos) <= below
order by part
