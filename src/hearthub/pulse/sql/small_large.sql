with ranked as (
    select
        downloads, {size} < 1e10 as is_small,
        row_number() over (partition by {size} < 1e10 order by downloads desc, repo_id) as rank
    from u
    where downloads is not null and (({size} >= 1e9 and {size} < 9e9) or {size} > 1e11)
)
select
    median(downloads) filter (is_small and rank <= {top}) as small,
    median(downloads) filter (not is_small and rank <= {top}) as large,
    median(downloads) filter (is_small and rank <= 8) as small_8,
    median(downloads) filter (not is_small and rank <= 8) as large_8,
    median(downloads) filter (is_small and rank <= 12) as small_12,
    median(downloads) filter (not is_small and rank <= 12) as large_12,
    count(*) filter (is_small and rank <= {top}) as n_small,
    count(*) filter (not is_small and rank <= {top}) as n_large,
    (
        select sum(downloads) filter ({size} is not null) / nullif(sum(downloads), 0)
        from u where downloads is not null
    ) as coverage
from ranked
