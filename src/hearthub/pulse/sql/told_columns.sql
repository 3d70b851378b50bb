-- Of each type: the columns that have a value.
create temp table told_columns as
select type, list_distinct(list_filter([{told}]::varchar[], lambda c: c is not null)) as columns
from {rows} {condition}
group by type
