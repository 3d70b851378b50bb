select {by} as dimension, {class} as class, sum({amount}) as downloads, count(*) as n
from {table} where {amount} is not null
group by all
order by dimension, downloads desc, class
