-- Repos that go on under another name: their history is that of the new one.
create or replace temp table renamed as
select distinct old.repo_id as old_repo, new.repo_id as new_repo
from alias
join repo old on lower(old.id) = lower(alias.old_id)
join repo new on lower(new.id) = lower(alias.new_id)
where old.source = $source and new.source = $source and old.type = $type and new.type = $type
    and old.repo_id != new.repo_id and alias."at" < $after::timestamp
