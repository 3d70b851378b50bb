-- Which repos of this hub are not public any more, as one word.
select coalesce(md5(string_agg(repo_id::varchar, ',' order by repo_id)), '') as gone
from repo where source = 'own' and removed_at is not null
