-- What the catalogue has not been shown: since when, by source, the one that saw most recently last.
-- Any program may take its lists away, so what may not be passed on is not shown there; nor is what
-- was made up, since no list says so.
select source, any_value(origin) as origin, min(first_observed_at) as since,
  list(snapshot_id) as snapshots
from snapshot
where snapshot_id not in (select snapshot_id from shown) and origin is not null and repos > 0
  and source not in (select source from snapshot where is_redistributable = false or is_synthetic)
group by source
order by max(observed_at)
