-- Whose rows of `counter` are read one by one; `counted_id` differs from repo_id after a renaming.
create or replace temp table watched as
with chosen as (
    (
        select repo_id from u where downloads > 0 or d30 > 0
        order by coalesce(downloads, d30) desc, repo_id limit {most}
    )
    union
    (
        select repo_id from u where likes_all > 0
        order by coalesce(likes_all - l_28, likes, 0) desc, likes_all desc, repo_id limit {most}
    )
    union
    (
        select repo_id from u where trending_most > 0
        order by trending_most desc, repo_id limit {most}
    )
    union
    (select repo_id from u where d_most > d_all order by d_most desc, repo_id limit {most})
)
select repo_id as counted_id, repo_id from chosen
union
select old_repo, new_repo from renamed semi join chosen on chosen.repo_id = new_repo
