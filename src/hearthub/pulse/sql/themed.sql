-- Repos with each of their themes, as known at the window's end.
create or replace temp table themed as
with stood as (
    select repo_id, arg_max(themes, epoch_us("at") * 1024 + facts_version % 1024) as themes
    from classified where "at" < $after::timestamp and themes is not null
    group by repo_id
)
select
    u.repo_id, u.id, unnest(stood.themes) as theme, u.likes, u.downloads,
    coalesce(u.created_at >= $start::timestamp, false) as is_new
from u join stood using (repo_id)
where not u.is_removed and len(stood.themes) > 0
