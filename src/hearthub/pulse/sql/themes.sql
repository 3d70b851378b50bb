select
    theme, count(*) as repos, count(*) filter (is_new) as born,
    -- `greatest` takes no null for one: of likes that nobody knows the sum would be nothing.
    sum(greatest(likes, 0)) filter (likes is not null) as likes, count(likes) as known,
    sum(downloads) as downloads,
    count(downloads) as downloads_known
from themed
group by theme
order by likes desc nulls last, theme
