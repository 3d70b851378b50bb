select
    theme, count(*) as repos, count(*) filter (is_new) as born,
    sum(greatest(likes, 0)) as likes, count(likes) as known, sum(downloads) as downloads,
    count(downloads) as downloads_known
from themed
group by theme
order by likes desc nulls last, theme
