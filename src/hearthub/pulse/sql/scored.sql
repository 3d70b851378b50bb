-- Scores of the month, of repos that had one above nothing by its end: other rows end none. The row
-- without a repo says that this was made, even where there is none.
select repo_id, "at", trending
from {counters}
semi join (select repo_id from ({standing}) where trending_most > 0) using (repo_id)
where trending is not null
union all
select null, null, null
