-- The columns that a source ever told of repos of a type; unknown where a look noted none.
select
    list_distinct(flatten(list(told))) as columns,
    coalesce(bool_or(told is null and rows > 0), true) as is_unknown
from capture
where source = $source and type = $type
