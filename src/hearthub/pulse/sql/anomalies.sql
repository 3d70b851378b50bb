-- Repos that are flagged, and why; a repo may be there for several reasons.
create or replace temp table anomaly as
with busy as (
    -- Only of those can a day stand out that move on most days.
    select repo_id from day semi join (select repo_id from u where d_all is not null) using (repo_id)
    where day > $start - 28 and day <= $anchor
    group by repo_id
    having count(*) >= 14 and max(downloads) > 10 * median(downloads) and max(downloads) >= 1000
),
compared as (
    select
        repo_id, day, downloads, likes,
        median(downloads) over before as usual, median(likes) over before as usual_likes,
        count(*) over before as days
    from day semi join busy using (repo_id)
    window before as (
        partition by repo_id order by day
        range between interval 28 day preceding and interval 1 day preceding
    )
),
weekly as (
    select
        repo_id,
        sum(downloads) filter (isodow(day) <= 5) / 5 as workday,
        sum(downloads) filter (isodow(day) > 5) / 2 as weekend
    from day
    where day > $anchor - 28 and day <= $anchor
    group by repo_id
),
pressed as (
    select
        repo_id, downloads / greatest(likes_all, 1) as a_like,
        quantile_cont(downloads / greatest(likes_all, 1), 0.999)
            over (partition by pipeline_tag, size_class) as most
    from u where downloads >= 10000
),
busy_hour as (
    select author, date_trunc('hour', created_at) as hour from u where author != id
    group by all having count(*) > 1
),
neighbour as (
    select
        repo_id, id, lag(id) over hour as other, lag(repo_id) over hour as other_id
    from u join busy_hour h on h.author = u.author and h.hour = date_trunc('hour', u.created_at)
    window hour as (partition by u.author, h.hour order by id)
)
select 'back-fill jump' as kind, repo_id, max(downloads / usual) as strength
from compared
where days >= 14 and day >= $start and usual > 0 and downloads > 10 * usual and downloads >= 1000
    and likes <= 2 * coalesce(usual_likes, 0) + 1
group by repo_id
union all
select 'CI signature', repo_id, coalesce(any_value(a_like), 0)
from (
    select repo_id, null::double as a_like from u
    where contains(lower(id), 'tiny-random') or contains(lower(id), 'internal-testing')
    union all
    select p.repo_id, p.a_like from pressed p join weekly w using (repo_id)
    where p.a_like >= p.most and w.workday > 3 * w.weekend
)
group by repo_id
union all
select 'like burst', repo_id, l_7 - l_28 from u
where l_7 - l_28 >= 50 and d_0 - d_28 < l_7 - l_28
union all
-- Editing distance is worked out on neighbours by name alone: all pairs would be too many.
select 'near-duplicate upload', repo_id, count(*) from (
    select unnest([repo_id, other_id]) as repo_id from neighbour
    where other is not null and length(id) < 200 and abs(length(id) - length(other)) <= 2
        and levenshtein(id, other) <= 2
)
group by repo_id
union all
select 'counter fall', repo_id, max(size) from (
    select repo_id, falls as size from fell
    union all
    select repo_id, 1 from u where d_most > d_all
)
group by repo_id
