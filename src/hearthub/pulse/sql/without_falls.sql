update u set downloads = least(gained.downloads, case when {days} <= 30 then u.d30 end)
from (
    select repo_id, sum(day.downloads) as downloads
    from day semi join fell using (repo_id)
    where day.day >= $start and day.day < $after
    group by repo_id
) gained
where u.repo_id = gained.repo_id and u.basis = 'all'
