-- Repos with a tag that begins with the family's name, such as qwen2 or qwen3_moe for qwen.
with family as (select distinct lower(family) as family from u where family is not null),
stood as (
    select repo_id, arg_max(tags, "at") as tags
    from state semi join u using (repo_id)
    where "at" < $after::timestamp
    group by repo_id
),
word as (
    select distinct repo_id, regexp_extract(lower(tag), '^[a-z]+') as word
    from (select repo_id, unnest(tags) as tag from stood)
)
select word as family, count(*) as n from word
where word in (select family from family)
group by word
order by n desc, family
limit {most}
