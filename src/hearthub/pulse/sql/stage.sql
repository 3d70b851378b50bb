-- Texts of strangers brought into bounds, and what tags tell where no column does.
copy (
  with tidy as (
    select * exclude (tags),
      list_slice(list_filter(tags, lambda t: length(t) between 1 and 200), 1, 5000) as tags,
      len(tags) as told_tags
    from incoming
  ),
  tagged as (
    select *,
      list_filter(tags, lambda t: starts_with(t, 'base_model:')) as base_tags
    from tidy
  ),
  -- The Hub makes a plain tag for each base that the card names, and one with the relation; those
  -- that stand without a plain one it read from other files, where paths are found too.
  typed as (
    select *,
      list_filter(base_tags, lambda t: regexp_matches(t, {relation_tag})) as typed_tags,
      list_filter(base_tags, lambda t: not regexp_matches(t, {relation_tag})) as plain_tags
    from tagged
  ),
  based as (
    select * exclude (relation, base_models),
      case
        when len(base_models) > 0 and relation is not null then 'listed'
        when len(base_tags) > 0 then 'tags'
        when len(base_models) > 0 then 'card'
      end as evidence,
      coalesce(lower(relation), nullif(regexp_extract(typed_tags[1], {relation_tag}, 1), ''))
        as relation,
      case
        when len(base_models) > 0 and relation is not null then base_models
        when len(plain_tags) > 0 then list_transform(plain_tags, lambda t: substr(t, 12))
        when len(typed_tags) > 0
          then list_transform(typed_tags, lambda t: regexp_replace(t, {relation_tag}, ''))
        else base_models
      end as bases
    from typed
  ),
  trimmed as (
    select * exclude (bases),
      list_slice(list_sort(list_distinct(list_filter(
        list_transform(bases, lambda b: trim(b)),
        lambda b: length(b) between 1 and 200
      ))), 1, 100) as bases,
      len(list_distinct(list_filter(
        list_transform(bases, lambda b: trim(b)), lambda b: b <> ''
      ))) as told_bases
    from based
  ),
  plain as (
    select
      repo_key($source, type, id) as repo_id,
      type,
      id,
      coalesce(author, case when contains(id, '/') then split_part(id, '/', 1) end) as author,
      created_at,
      modified_at,
      observed_at as "at",
      coalesce(not removed, true) as is_there,
      downloads_30d as d30,
      downloads_all as d_all,
      likes,
      trending,
      case when parameters between 1 and {most_parameters} then parameters end as parameters,
      is_packed,
      case when gguf_parameters between 1 and {most_parameters} then gguf_parameters end
        as gguf_parameters,
      pulse_short(gguf_architecture) as gguf_architecture,
      list_filter(bases, lambda b: lower(b) <> lower(id)) as base_models,
      coalesce(list_contains(list_transform(bases, lambda b: lower(b)), lower(id)), false)
        as is_own_base,
      pulse_short(relation) as relation,
      evidence,
      lower(pulse_short(coalesce(
        license,
        substr(list_filter(tags, lambda t: starts_with(t, 'license:'))[1], 9)
      ))) as license,
      pulse_short(pipeline_tag) as pipeline_tag,
      pulse_short(library) as library,
      tags,
      pulse_listed(case when len(languages) > 0 then languages else list_concat(
        list_filter(tags, lambda t: length(t) = 2 and contains({languages}, t)),
        list_transform(
          list_filter(tags, lambda t: starts_with(t, 'language:')), lambda t: substr(t, 10))
      ) end) as languages,
      pulse_listed(case when len(formats) > 0 then formats else
        list_filter(tags, lambda t: t in ({formats})) end) as formats,
      case when lower(gated) in ('auto', 'manual', 'true', 'false') then lower(gated) end as gated,
      case
        when regexp_full_match(formerly, '[^[:cntrl:]]{1,200}') and lower(formerly) <> lower(id)
        then formerly
      end as formerly,
      list_concat(
        left_out,
        case when parameters not between 1 and {most_parameters} then ['parameters'] end,
        case when gguf_parameters not between 1 and {most_parameters} then ['gguf'] end,
        case when told_tags > len(tags) then ['tags'] end,
        case when told_bases > len(bases) then ['bases'] end
      ) as left_out,
      problem,
      nth
    from trimmed
  )
  select * replace (case
      when id is null then 'the id is missing'
      when not regexp_full_match(id, '[^[:cntrl:]]{1,200}') then 'the id is no name'
      when type not in ('model', 'dataset', 'space') or type is null then 'the type is none'
      when problem is not null then problem
      when "at" is null then 'observed_at is missing'
      when "at" > $latest then 'observed_at is in the future'
      when created_at > $latest then 'created_at is in the future'
      when modified_at > $latest then 'modified_at is in the future'
      when "at" < timestamp '2000-01-01' then 'observed_at is before 2000'
      when d30 not between 0 and {most} then 'downloads_30d is no count'
      when d_all not between 0 and {most} then 'downloads_all is no count'
      when likes not between 0 and {most} then 'likes is no count'
      when abs(trending) > {most} then 'trending is no score'
    end as problem),
    cast({state_digest} as bigint) as digest
  from plain
) to {file} (format parquet, compression zstd, row_group_size 61440)
