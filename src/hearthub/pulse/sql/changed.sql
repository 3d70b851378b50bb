-- The repos of a source that have changed since; none that another source of the same origin has
-- seen later.
create or replace temp table changed as
with origins as (
  select source, any_value(origin) as origin from snapshot where origin is not null
  group by source having not bool_or(coalesce(is_synthetic, false))
),
others as (
  select r.type, lower(r.id) as key, max(r.last_seen) as last_seen
  from repo r join origins o using (source)
  where o.source <> $source
    and o.origin = (select any_value(origin) from origins where source = $source)
  group by r.type, lower(r.id)
),
rows as (
  select repo_id, true as is_described from state where "at" >= $since
  union all
  select repo_id, false from counter where "at" >= $since
  union all
  select repo_id, true from presence where "at" >= $since
)
select r.repo_id, bool_or(c.is_described) as is_described
from rows c
join (select * from repo where source = $source) r using (repo_id)
left join others o on o.type = r.type and o.key = lower(r.id)
where o.key is null or coalesce(r.last_seen, r.first_seen) >= o.last_seen
group by r.repo_id
