select {by} as dimension, {class} as class, sum(downloads) as downloads, count(*) as n
from u where downloads is not null
group by all
order by dimension, downloads desc, class
