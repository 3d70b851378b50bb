-- What the watched repos gained in the last week, and in each of the {weeks} before.
select (($anchor - day) // 7)::integer as back, sum(downloads) as downloads
from day
where day <= $anchor and day > $anchor - 7 * ({weeks} + 1)
group by back
order by back
