-- Data sets by domain: born in the window and still there, there at its end, ever born in it.
-- From all that was ever seen: `u` would lack what went before the window.
with stood as (
    select repo_id, arg_max(domain, "at") as domain from classified group by repo_id
),
tagged as (select repo_id, arg_max(pipeline_tag, "at") as task from state group by repo_id),
born as (
    select
        r.*, coalesce(stood.domain, tagged.task, 'unknown') as domain,
        strftime(r.created_at, '%Y') as year,
        r.created_at >= $asked::timestamp and r.created_at < $after::timestamp as is_new,
        r.created_at < $after::timestamp as is_there,
        r.removed_at is not null as is_removed,
        coalesce(r.removed_at < $after::timestamp, false) as was_removed
    from repo r left join stood using (repo_id) left join tagged using (repo_id)
    where r.source = $source and r.type = $type and r.repo_id not in (select old_repo from renamed)
),
author as (
    select {by} as dimension, author, count(*) as n from born
    where is_new and not is_removed
    group by all
),
authors as (
    select dimension, count(*) as authors, median(n) as a_author, max(n) as most
    from author group by dimension
)
select
    b.dimension, b.flow, b.stock, b.gross, coalesce(a.authors, 0) as authors, a.a_author, a.most,
    sum(flow) over () as all_flow, sum(stock) over () as all_stock, sum(gross) over () as all_gross
from (
    select
        {by} as dimension,
        count(*) filter (is_new and not is_removed) as flow,
        count(*) filter (is_there and not was_removed) as stock,
        count(*) filter (is_new) as gross
    from born group by all
) b left join authors a using (dimension)
order by flow desc, stock desc, dimension
