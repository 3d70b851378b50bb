-- Repos that go on under another name: their history is that of the last one, `steps` renamings on.
create or replace temp table renamed as
with recursive named as (
    select distinct old.repo_id as old_repo, new.repo_id as new_repo
    from alias
    join repo old on lower(old.id) = lower(alias.old_id)
    join repo new on lower(new.id) = lower(alias.new_id)
    where old.source = $source and new.source = $source and old.type = $type and new.type = $type
        and old.repo_id != new.repo_id and alias."at" < $after::timestamp
),
led as (
    select old_repo, new_repo, 1 as steps from named
    union
    select led.old_repo, named.new_repo, steps + 1
    from led join named on named.old_repo = led.new_repo
    where steps < 16 and led.old_repo != named.new_repo -- names may lead in a circle
),
pairs as (select old_repo, new_repo, min(steps) as steps from led group by old_repo, new_repo),
-- Who took a former name again has the name under which it was seen last.
onwards as (
    select pairs.*
    from pairs
    join repo old on old.repo_id = pairs.old_repo
    join repo new on new.repo_id = pairs.new_repo
    left join pairs back on back.old_repo = pairs.new_repo and back.new_repo = pairs.old_repo
    where back.old_repo is null
        or (coalesce(old.last_seen, old.first_seen), old.repo_id)
            < (coalesce(new.last_seen, new.first_seen), new.repo_id)
)
select * from onwards where new_repo not in (select old_repo from onwards)
