create or replace temp table half_series as
with chosen as (
    select repo_id from day
    where day >= $start and day <= $anchor and likes > 0
    group by repo_id having sum(likes) >= {least}
    order by sum(likes) desc, repo_id
    limit {most}
)
select repo_id, day, likes as x, had
from day join chosen using (repo_id)
left join (
    -- Likes that it had when it was first seen.
    select repo_id, min_by(likes, day) as had from point where likes is not null group by repo_id
) using (repo_id)
