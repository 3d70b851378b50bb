-- The same of what was kept; beside it what counters said at other moments.
select
    k.repo_id, id, author, created_at, first_seen, removed_at,
    pipeline_tag, library, license, relation, params_stated, {classes}, params_total, params_active,
    {columns}k.d_most, k.trending_most
from {source}
