select {by} as dimension, sum(downloads) as downloads, count(*) as n
from u where downloads is not null
group by all
order by downloads desc, dimension
