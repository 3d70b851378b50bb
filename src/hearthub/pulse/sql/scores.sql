-- For lists: likes of seven days, of sources that have no score of their own. Where several tell of
-- one hub, by the one that was observed last, unless another has scores.
with origins as (
    select source, any_value(origin) as origin, max(observed_at) as last
    from snapshot where origin is not null
    group by source having not bool_or(coalesce(is_synthetic, false))
),
ranks as (
    select
        origin, type, id, value,
        bool_or(is_scored) over hub as is_scored, last = max(last) over hub as is_last
    from ranking join origins using (source)
    where sort = 'hub'
    window hub as (partition by origin, type)
)
select origin, type, id, value from ranks where is_last and not is_scored order by origin, type
