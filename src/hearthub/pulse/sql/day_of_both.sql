create or replace temp table day as
select repo_id, day, sum(downloads) as downloads, sum(likes) as likes, bool_or(fell) as fell
from (
    select repo_id, day, downloads, likes, fell from day
    union all
    select repo_id, day, downloads, 0, false from day_of_d30 where day >= {first} and downloads > 0
)
group by all
