    union all
    select
        watched.repo_id, {day} as day, d_all::double as d_all, d30::double as d30,
        likes::double as likes, null::double as trending
    from {standing} stood join watched on stood.repo_id = watched.counted_id
