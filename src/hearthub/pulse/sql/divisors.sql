-- Of each size class and age: what the ten most downloaded had at it, of those that reached it
-- before the quarter began. The second kind never falls with age.
create or replace temp table divisor as
with ranked as (
    select *, row_number() over (partition by size_class, age order by downloads desc, repo_id) as rank
    from milestone where reached < {frozen}
),
found as (
    select
        size_class, age, median(downloads) filter (rank <= 10) as v1,
        min(downloads) filter (rank <= 10) as tenth, least(count(*), 10) as n
    from ranked group by size_class, age
    having count(*) >= 10
)
select
    size_class, age, v1, n,
    max(tenth) over (partition by size_class order by age rows unbounded preceding) as v2
from found
