-- Days in the list of entries in the window; those there on the first day observed are left out.
with span as (
    select
        {cohort} as cohort,
        coalesce(s.gone, $anchor + 1) - s.entered as lasted,
        s.gone is not null and (u.removed_at is null or u.removed_at::date > s.gone) as is_end,
        s.is_cut
    from stay s join u using (repo_id)
    where s.entered >= $start and s.entered < $after
)
select
    cohort, 0 as entry, lasted as exit, is_end, count(*) filter (not is_cut) as n,
    count(*) filter (is_cut) as went
from span
group by all
having n > 0
order by all
