-- Of each class: downloads without the first repos, without each group of namespaces, and with what
-- is unknown dealt out like what is known of the same task and size.
with first as (
    select repo_id, row_number() over (order by downloads desc, repo_id) as rank
    from (select repo_id, downloads from u where downloads > 0
        order by downloads desc, repo_id limit 10)
),
cell as (
    select
        {class} as class, coalesce(pipeline_tag, '') as task, coalesce(size_class, '') as size,
        (hash(lower(author)) % {groups})::integer as part, coalesce(rank, 11) as rank,
        sum(downloads) as downloads, count(*) as n
    from u left join first using (repo_id) where downloads is not null
    group by all
),
likewise as (
    select
        class, task, size, sum(downloads) as downloads,
        sum(sum(downloads)) over (partition by task, size) as total,
        sum(case when class != 'unknown' then sum(downloads) else 0 end)
            over (partition by task, size) as known
    from cell group by class, task, size
),
dealt as (
    select class, sum(case
        when class = 'unknown' then case when known > 0 then 0 else downloads end
        when known > 0 then downloads * total / known
        else 0
    end) as downloads
    from likewise group by class
)
select
    class, sum(cell.downloads) as downloads, sum(n) as n,
    coalesce(sum(cell.downloads) filter (rank > 1), 0) as without_1,
    coalesce(sum(cell.downloads) filter (rank > 10), 0) as without_10,
    any_value(dealt.downloads) as dealt,
    {parts}
from cell join dealt using (class)
group by class
order by downloads desc, class
