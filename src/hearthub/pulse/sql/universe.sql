-- One row a repo: what it is at the window's end, and what it gained in the window.
create or replace temp table u as
with there as (
    select
        r.* exclude (size_class, params_total),
        coalesce(r.removed_at < $after::timestamp, false) as is_removed,
        r.size_class as class_known,
        -- No model has a hundred trillion: who says so is joking.
        case when coalesce(r.params_total, r.params_stated) < 1e14
            then coalesce(r.params_total, r.params_stated) end as params_total
    from ({joined}) r
    where r.first_seen < $after::timestamp
        and (r.removed_at is null or r.removed_at >= $start::timestamp)
        -- Of this hub itself nothing is told that is not public now.
        and ($source <> 'own' or r.removed_at is null){gone}
),
known as (
    select
        * exclude (class_known), {gained} as d30_gained,
        -- Names as the facts have them (facts/sizes.py).
        coalesce(class_known, (case
            when params_total is null then null
            when params_total < 1e9 then '<1'
            when params_total < 9e9 then '1-9'
            when params_total < 40e9 then '9-40'
            when params_total < 100e9 then '40-100'
            when params_total < 250e9 then '100-250'
            else '250+'
        end)::of_size_class) as size_class
    from there
),
based as (
    select *, (case
        when d_all is not null and d_start is not null then 'all'
        when d_all is not null and created_at >= $start::timestamp then 'young'
        when d30_gained is not null then 'd30'
        else 'unknown'
    end)::enum('all', 'd30', 'unknown', 'young') as basis
    from known
)
select * exclude (d30_gained, d_start, l_start{spare}{unasked}),
    case basis
        -- More than the 30-day counter in no more than 30 days is a back-fill, not a download.
        when 'all' then least(greatest(d_all - d_start, 0), case when {days} <= 30 then d30 end)
        when 'young' then least(d_all, case when {days} <= 30 then d30 end)
        when 'd30' then d30_gained
    end as downloads,
    case
        when l_start is not null then likes_all - l_start
        when created_at >= $start::timestamp then likes_all
    end as likes
from based
where {condition}
