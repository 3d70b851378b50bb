-- What is known of each repo's attributes at the window's end.
with state_as_of as (
    select repo_id, max("at") as "at" from state where "at" < $after::timestamp group by repo_id
),
-- One number for (at, facts_version): the newest state, and of it the newest facts.
classified_as_of as (
    select repo_id, max(epoch_us("at") * 1024 + facts_version % 1024) as turn
    from classified where "at" < $after::timestamp
    group by repo_id
)
select
    s.repo_id, s.pipeline_tag, s.library, s.license, s.relation,
    coalesce(s.parameters, s.gguf_parameters)::double as params_stated,
    c.country, c.org_type, c.modality, c.licence_class, c.architecture, c.format, c.quantisation,
    c.size_class, c.params_total::double as params_total, c.params_active::double as params_active,
    c.size_source, c.family, c.domain
from state s
join state_as_of using (repo_id, "at")
left join (
    select classified.* from classified join classified_as_of using (repo_id)
    where epoch_us("at") * 1024 + facts_version % 1024 = turn
) c using (repo_id)
