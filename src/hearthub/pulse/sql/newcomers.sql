-- Entries to the list within the window, of repos that were not on it the live day before.
select
    u.id, s.entered, u.created_at,
    s.entered - u.created_at::date < 30
        and not exists (
            select 1 from stay other
            where other.repo_id = s.repo_id and other.entered < s.entered
                and coalesce(other.gone, s.entered) > s.entered - 365
        ) as is_new
from stay s join u using (repo_id)
where s.entered >= $start and s.entered < $after and not s.is_cut
order by s.entered, u.id
