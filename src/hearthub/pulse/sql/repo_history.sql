-- What sources of one hub told of a repo's counters: of each day the last.
with wanted as (
  select repo_id from repo
  where type = $type and lower(id) = $key
    and source in (select source from snapshot where origin = $origin)
    and source not in (select source from snapshot where is_synthetic) -- no chart of it says so
)
select c."at", c.d30, c.d_all, c.likes
from counter c semi join wanted using (repo_id)
qualify row_number() over (partition by cast(c."at" as date) order by c."at" desc) = 1
order by c."at"
