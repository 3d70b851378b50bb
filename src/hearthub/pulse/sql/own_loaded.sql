-- Downloads of this hub, of days that are over: by whom, as far as it is told (own_day).
select
    {by} as dimension, count(distinct repo_id) as repos,
    sum(o.downloads) as downloads, sum(o.ci_downloads) as ci_downloads,
    sum(o.downloaders) as people, count(o.downloaders) as known,
    count(*) filter (o.downloads > 0) as loaded,
    coalesce(sum(case when o.downloaders is null then least({few}, o.downloads) end), 0) as more
from own_day o join u using (repo_id)
where o.day >= $start::date and o.day < $after::date
group by dimension
order by {order} desc nulls last, dimension
limit {most}
