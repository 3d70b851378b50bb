-- The first repos by one score, with what a list shows of them; $anchor's midnight is now.
with listed as (select id, {value}::double as value from ({listed})),
seven as (
    select repo_id, sum(downloads) as downloads, sum(greatest(likes, 0)) as likes
    from day where day.day > $anchor - 7 and day.day <= $anchor
    group by repo_id
)
select
    row_number() over (order by round(listed.value, 6) desc, u.id) as rank,
    u.repo_id, u.id, u.author, listed.value,
    round(coalesce(case
        when l_7 is not null then l_0 - l_7
        when u.created_at >= $anchor::timestamp - interval 6 day then l_0
    end, seven.likes, 0))::bigint as likes_gained,
    -- Of 30-day counters a week is a difference only where days before it were seen.
    round(case
        when basis in ('all', 'young') then u.downloads
        when basis = 'd30' and {has_weeks} then coalesce(seven.downloads, 0)
    end)::bigint as downloads_gained,
    round(likes_all)::bigint as likes, u.pipeline_tag, u.params_total::bigint as params_total,
    -- Without a date of birth: first seen in these days, by a source that looked before them.
    coalesce(
        u.created_at >= $start::timestamp,
        u.first_seen >= $start::timestamp and {has_weeks}
    ) as is_new
from listed join u using (id) left join seven using (repo_id)
order by rank
