-- Of each class: how downloads concentrate, in all and without each group of namespaces in turn.
-- Repos of equal downloads are one level, so that few rows are gone through again and again.
with cell as (
    select
        {by} as dimension, round(downloads) as x, (hash(lower(author)) % {groups})::integer as part,
        count(*)::double as n
    from u where downloads is not null
    group by all
),
level as (select dimension, x, sum(n) as n from cell group by all),
replica as (
    select dimension, -1 as part, x, n from level
    union all
    select l.dimension, p.range::integer, l.x, l.n - coalesce(c.n, 0)
    from level l cross join range({groups}) p
    left join cell c on c.dimension = l.dimension and c.x = l.x and c.part = p.range
),
ranked as (
    select
        *,
        sum(n) over (partition by dimension, part order by x) as below,
        sum(n) over (partition by dimension, part) as repos,
        sum(n * x) over (partition by dimension, part) as total
    from replica where n > 0
)
select
    dimension, part, any_value(repos) as repos, any_value(total) as total,
    coalesce(sum(n) filter (x <= 0), 0) as zeros,
    sum(n * x * (2 * below - n)) as ranks,
    {tops}
from ranked
group by dimension, part
order by dimension, part
