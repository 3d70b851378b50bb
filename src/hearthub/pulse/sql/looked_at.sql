-- Days on which the models of each source were looked at.
select distinct source, day
from (
    select source, "at"::date as day from capture where type is null or type = 'model'
    union all
    select source, observed_at::date as day from snapshot where type is null or type = 'model'
)
where day is not null -- as of a file of which no row could be taken
    and source in (select source from repo where type = 'model')
order by source, day
