-- Of each class: what its repos gained in each month, and of how many of them that is known.
select {by} as dimension, count(*) as n, {sums}
from u left join by_month using (repo_id)
group by 1
