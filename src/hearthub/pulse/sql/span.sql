select
    (
        select min(greatest(coalesce(created_at, first_seen), $earliest::timestamp))
        from repo where source = $source and type = $type
    ) as first,
    coalesce(
        (
            select max(observed_at)
            from snapshot where source = $source and (type is null or type = $type)
        ),
        (select max(last_seen) from repo where source = $source and type = $type)
    ) as last
