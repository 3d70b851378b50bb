select id, gained, likes_all
from (
    select id, likes_all, case
        when l_7 is not null then l_0 - l_7
        when created_at >= $anchor::timestamp - interval 6 day then l_0
    end as gained
    from u where not is_removed
)
where gained > 0
order by gained desc, id
limit {most}
