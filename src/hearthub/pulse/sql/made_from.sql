-- What each source has, when it was last observed, and a name for all that it told.
select
    there.source, there.type, max(observed_at) as last,
    coalesce(bool_or(is_synthetic), false) as is_synthetic,
    md5(string_agg(snapshot_id, ' ' order by snapshot_id) || ' {rules}') as made_from
from (select distinct source, type from repo) there
join snapshot on snapshot.source = there.source
    and (snapshot.type is null or snapshot.type = there.type)
group by there.source, there.type
order by there.source, there.type
