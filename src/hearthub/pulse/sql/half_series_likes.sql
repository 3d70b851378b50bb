create or replace temp table half_series as
with chosen as (
    select repo_id from day
    where day >= $start and day <= $anchor and likes > 0
    group by repo_id having sum(likes) >= {least}
    order by sum(likes) desc, repo_id
    limit {most}
)
select repo_id, day, likes as x from day semi join chosen using (repo_id)
