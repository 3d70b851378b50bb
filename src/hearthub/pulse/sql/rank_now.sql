-- A ranking as it is kept; a row of rank 0 says that it was made, even where nothing is in it.
insert into ranking_now by name
select
    $source as source, $type as type, '{sort}' as sort, ranked.*,
    timestamp '{at}' as "at", '{made_from}' as made_from
from ({ranked}) ranked
union all by name
select
    $source as source, $type as type, '{sort}' as sort, 0 as rank,
    timestamp '{at}' as "at", '{made_from}' as made_from
