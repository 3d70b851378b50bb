-- Repos with a tag that begins with the family's name, such as qwen2 or qwen3_moe for qwen. Tags
-- are few and repos many: which tags these are is found first.
with family as (select distinct lower(family) as family from u where family is not null),
word as (
    select tag, regexp_extract(lower(tag), '^[a-z]+') as word
    from (select distinct unnest(tags) as tag from state where "at" < $after::timestamp)
    where word in (select family from family)
),
many as (
    select repo_id, max("at") as last
    from state where "at" < $after::timestamp
    group by repo_id having count(*) > 1
),
-- Tags that are null say nothing: what was told before stands.
told as (
    select state.repo_id, state.tags
    from state left join many using (repo_id)
    where state."at" < $after::timestamp and many.last is null
    union all
    select repo_id, arg_max(tags, "at")
    from state semi join many using (repo_id)
    where "at" < $after::timestamp
    group by repo_id
),
found as (
    select distinct told.repo_id, word.word
    from (select repo_id, unnest(tags) as tag from told) told join word using (tag)
)
select word as family, count(*) as n
from found semi join u using (repo_id)
group by word
order by n desc, family
limit {most}
