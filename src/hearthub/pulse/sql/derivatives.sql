-- Counts over the whole universe.
with based as (
    select child, count(*) as parents, any_value(is_removed) as is_removed, any_value(d30) as d30,
        bool_or(child = parent) as has_loop, bool_or(relation is not null) as is_related
    from edge_named group by child
)
select
    (select count(*) from u) as repos,
    (select count(*) from based) as based,
    (select count(*) from based where is_related) as related,
    (select count(*) from based where not is_removed) as living,
    (select count(*) from based where d30 > 5) as used,
    (select count(*) from based where parents > 1) as several,
    (select count(*) from based where has_loop) as loops,
    (select count(*) from edge_named where child != parent) as edges,
    (select count(*) from lineage) as direct,
    (select count(*) from descent) as transitive,
    (select coalesce(max(depth), 0) from descent) as deepest,
    (select count(*) from edge_named where parent >= 0) as here,
    (select count(*) from edge_named) as named
