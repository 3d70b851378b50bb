create or replace temp table valued as
select repo_id, {columns}, d_most::double as d_most, trending_most
from (
    select
        coalesce(early.repo_id, late.repo_id) as repo_id,
        {carried},
        greatest(early.d_most, late.d_most) as d_most,
        greatest(early.trending_most, late.trending_most) as trending_most
    from valued_early early full join valued_late late on early.repo_id = late.repo_id
)
