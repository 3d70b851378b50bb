-- When each source was last observed, and a name for all that it told of repos.
select
    source, max(observed_at) as last, coalesce(bool_or(is_synthetic), false) as is_synthetic,
    md5(string_agg(snapshot_id, ' ' order by snapshot_id) || ' {rules}') as made_from
from snapshot where type is distinct from 'paper'
group by source
