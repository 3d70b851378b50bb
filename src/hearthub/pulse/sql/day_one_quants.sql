-- Models created in the window that had a quantised child within 24 hours.
select
    b.id, count(distinct c.repo_id) as quants, b.downloads
from u b
join lineage l on l.parent = b.repo_id and l.relation = 'quantized'
join u c on c.repo_id = l.child
where b.created_at >= $start::timestamp and b.created_at < $after::timestamp
    and c.created_at >= b.created_at and c.created_at < b.created_at + interval 24 hour
group by all
order by quants desc, b.id
