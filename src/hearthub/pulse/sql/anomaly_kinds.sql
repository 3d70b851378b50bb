select
    kind, count(*) as n, coalesce(sum(u.downloads), 0) as downloads,
    (select count(*) from u) as repos, (select sum(downloads) from u) as all_downloads
from anomaly join u using (repo_id)
group by kind
