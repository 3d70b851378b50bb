update u set downloads = gained.downloads
from (
    select repo_id, sum(downloads) as downloads from day_of_d30
    where day >= $start and day < $after
    group by repo_id
) gained
where u.repo_id = gained.repo_id and u.basis = 'd30'
