-- Downloads of the last 30 days: all, and of repos whose blocks are known so far back.
select sum(d30) as everything, {sums}
from valued join repo using (repo_id)
