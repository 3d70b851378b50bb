select kind, id, strength, downloads
from anomaly join u using (repo_id)
qualify row_number() over (partition by kind order by strength desc, downloads desc, id) <= {most}
order by kind, strength desc, id
