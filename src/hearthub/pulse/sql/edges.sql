-- All edges with those that came now; a parent that has been seen meanwhile is known by its number.
with new as (
  -- A repo that names itself has such an edge, which those who follow edges drop and count.
  select repo_id as child,
    unnest(case when is_own_base then list_append(base_models, id) else base_models end)
      as parent_id,
    relation, evidence, "at"
  from read_parquet({file})
  where problem is null and (len(base_models) > 0 or is_own_base)
),
each as (
  select child, parent_id, relation, evidence, first_seen, last_seen from edge
  union all
  select child, any_value(parent_id), arg_max(relation, "at"), arg_max(evidence, "at"),
    min("at"), max("at")
  from new group by child, lower(parent_id)
),
merged as (
  select child, arg_max(parent_id, last_seen) as parent_id,
    arg_max(relation, last_seen) as relation, arg_max(evidence, last_seen) as evidence,
    min(first_seen) as first_seen, max(last_seen) as last_seen
  from each group by child, lower(parent_id)
),
-- Cards write names in any case; where several repos have one, the last that was there is meant.
parents as (
  select source, lower(id) as key, arg_max(repo_id, coalesce(last_seen, first_seen)) as repo_id
  from repo_now
  where type = 'model' and lower(id) in (select lower(parent_id) from merged)
  group by source, lower(id)
)
select m.child, p.repo_id as parent, m.parent_id, m.relation, m.evidence, m.first_seen,
  m.last_seen
from merged m
join repo_now c on c.repo_id = m.child
left join parents p on p.source = c.source and p.key = lower(m.parent_id)
