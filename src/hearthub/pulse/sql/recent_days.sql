-- Downloads by day where all-time counters are missing: made of 30-day counters.
select
    sum(downloads) filter (day > $anchor - {lag}) as downloads,
    count(distinct repo_id) filter (day > $anchor - {lag}) as n
from day
