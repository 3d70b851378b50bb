select {by} as dimension, sum(downloads) as downloads, count(*) as n
from u where downloads is not null
group by all
-- Sums of equal parts differ in the last digits, by the order of threads.
order by round(sum(downloads), 6) desc, dimension
