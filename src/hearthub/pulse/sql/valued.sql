create or replace temp table valued as
select repo_id, {columns}, d_most::double as d_most, trending_now, trending_most, counted_from
from (
    select
        coalesce(early.repo_id, late.repo_id) as repo_id,
        {carried},
        greatest(early.d_most, late.d_most) as d_most,
        coalesce(late.trending_now, early.trending_now) as trending_now,
        greatest(early.trending_most, late.trending_most) as trending_most,
        least(early.counted_from, late.counted_from) as counted_from
    from valued_early early full join valued_late late on early.repo_id = late.repo_id
)
