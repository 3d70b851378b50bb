-- Changed repos with all that lists show of them, in parts of some thousands.
copy (
  with described as (
    select s.repo_id, max(s."at") as "at" from state s semi join changed using (repo_id)
    group by s.repo_id
  ),
  counted as (
    select c.repo_id, arg_max(struct_pack(
      d30 := c.d30, d_all := c.d_all, likes := c.likes, trending := c.trending), c."at") as last
    from counter c semi join changed using (repo_id)
    group by c.repo_id
  ),
  classed as (
    select k.repo_id, arg_max(k.quantisation, k."at") as quantisation,
      arg_max(k.params_total, k."at") as params_total
    from classified k semi join changed using (repo_id)
    group by k.repo_id
  )
  select r.type, r.id, r.created_at, r.removed_at is null as is_there,
    w.is_described and d.repo_id is not null as is_described,
    s.modified_at, s.pipeline_tag, s.library, s.license, s.gated, s.relation, s.base_models,
    s.tags, s.languages, s.formats,
    coalesce(k.params_total, s.parameters, s.gguf_parameters) as parameters,
    k.quantisation,
    c.last.d30, c.last.d_all, c.last.likes, c.last.trending,
    w.repo_id % {parts} as part
  from changed w
  join repo r using (repo_id)
  left join described d using (repo_id)
  left join state s on s.repo_id = d.repo_id and s."at" = d."at"
  left join counted c on c.repo_id = w.repo_id
  left join classed k on k.repo_id = w.repo_id
) to {folder} (format parquet, partition_by (part))
