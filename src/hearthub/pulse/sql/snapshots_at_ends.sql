select distinct snapshot_id
from (
    select snapshot_id, row_number() over (order by observed_at desc, snapshot_id) as newest
    from snapshot
    where source = $source and (type is null or type = $type)
        and first_observed_at < $after::timestamp
    union all
    select snapshot_id, row_number() over (order by observed_at desc, snapshot_id) as newest
    from snapshot
    where source = $source and (type is null or type = $type)
        and first_observed_at < $start::timestamp
)
where newest = 1
order by snapshot_id
