-- From when until when each repo of the source was there, by what is stored.
create temp table there as
select repo_id, type, since, until
from (
  select repo_id, type, is_there, "at" as since,
    coalesce(lead("at") over (partition by repo_id order by "at"), timestamp '9999-12-31') as until
  from (
    select p.repo_id, any_value(r.type) as type, p."at", bool_or(p.is_there) as is_there
    from presence p
    join (select repo_id, type from repo where source = $source) r using (repo_id)
    group by p.repo_id, p."at"
  )
)
where is_there
