select
    count(downloads) as n,
    count(*) filter (downloads < 1) as none,
    count(*) filter (downloads < 5) as few,
    count(*) filter (downloads < 200) as some
from u
