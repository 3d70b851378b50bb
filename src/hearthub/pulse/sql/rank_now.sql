-- A ranking as it is kept; a row of rank 0 says that it was made, even where nothing is in it.
insert into ranking_now by name
select
    $source as source, $type as type, '{sort}' as sort, ranked.*, timestamp '{at}' as "at",
    (select count(trending_most) > 0 from u) as is_scored, '{made_from}' as made_from
from (
    select * from ({ranked})
    union all by name
    select 0 as rank
) ranked
