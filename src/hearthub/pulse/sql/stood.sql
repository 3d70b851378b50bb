-- What is known of each repo's attributes at the window's end. Few repos have several rows: only of
-- those the last has to be found. Classes are few, so a number each (`of_` are enums) is enough.
with state_many as (
    select repo_id, max("at") as last
    from state where "at" < $after::timestamp
    group by repo_id having count(*) > 1
),
-- One number for (at, facts_version): the newest state, and of it the newest facts.
classified_many as (
    select repo_id, max(epoch_us("at") * 1024 + facts_version % 1024) as turn
    from classified where "at" < $after::timestamp
    group by repo_id having count(*) > 1
)
select
    s.repo_id, s.pipeline_tag, s.library, s.license, s.relation,
    coalesce(s.parameters, s.gguf_parameters)::double as params_stated,
    c.* exclude (repo_id)
from state s
left join state_many using (repo_id)
left join (
    select
        repo_id, {classes},
        params_total::double as params_total, params_active::double as params_active
    from classified left join classified_many using (repo_id)
    where "at" < $after::timestamp
        and (turn is null or epoch_us("at") * 1024 + facts_version % 1024 = turn)
) c using (repo_id)
where s."at" < $after::timestamp and (last is null or s."at" = last)
