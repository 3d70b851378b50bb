-- A source a row, with its terms; what is synthetic or not to be shared in part is so as a whole.
select
    source,
    arg_max(licence, observed_at) filter (licence is not null or attribution is not null)
        as licence,
    arg_max(attribution, observed_at) filter (licence is not null or attribution is not null)
        as attribution,
    coalesce(bool_or(is_synthetic), false) as is_synthetic,
    coalesce(bool_and(is_redistributable is not false), true) as may_be_shared,
    max(observed_at) as observed_at
from snapshot
group by source
order by source
