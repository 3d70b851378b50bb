-- The size at which half of the weight is reached, of all (part -1) and without each group.
with cell as (
    select
        {by} as dimension, (hash(lower(author)) % {groups})::integer as part,
        {size}::double as size, sum({weight})::double as weight, count(*) as n
    from u where downloads is not null and {size} is not null
    group by all
),
level as (select dimension, size, sum(weight) as weight, sum(n) as n from cell group by all),
replica as (
    select dimension, -1 as part, size, weight, n from level
    union all
    select l.dimension, p.range::integer, l.size, l.weight - coalesce(c.weight, 0), l.n
    from level l cross join range({groups}) p
    left join cell c on c.dimension = l.dimension and c.size = l.size and c.part = p.range
),
run as (
    select
        *, sum(weight) over (partition by dimension, part order by size) as reached,
        sum(weight) over (partition by dimension, part) as total
    from replica
)
select
    dimension, part, min(size) filter (2 * reached >= total) as median,
    any_value(total) as total, sum(n) as n
from run
where total > 0
group by dimension, part
order by dimension, part
