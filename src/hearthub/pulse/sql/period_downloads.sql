select {by} as dimension, sum(downloads) as downloads, count(downloads) as known, count(*) as n
from u
group by all
order by downloads desc nulls last, dimension
