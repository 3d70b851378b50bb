-- Unbroken stays in the list, counted in live days: entered, left (null: still there at the end).
create or replace temp table stay as
with live as (
    select day, row_number() over (order by day) as number, lead(day) over (order by day) as next
    from observed_day where not is_stalled and day <= $anchor and day >= {first}
),
numbered as (
    select
        repo_id, day, number, next,
        number - row_number() over (partition by repo_id order by number) as run
    from listed join live using (day)
)
select
    repo_id, min(day) as entered, arg_max(next, number) as gone,
    min(number) = 1 as is_cut, count(*) as days
from numbered
group by repo_id, run
