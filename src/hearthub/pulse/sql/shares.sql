select {by} as dimension, {class} as class, sum(downloads) as downloads, count(*) as n
from u where downloads is not null
group by all
-- Sums of equal parts differ in the last digits, by the order of threads.
order by dimension, round(sum(downloads), 6) desc, class
