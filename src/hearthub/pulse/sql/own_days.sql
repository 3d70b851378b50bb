select repo_id, day, downloads, ci_downloads, downloaders
from (
  select repo_key('own', type, id) as repo_id, day, downloads, ci_downloads, downloaders
  from {rows}
)
anti join own_day using (repo_id, day)
