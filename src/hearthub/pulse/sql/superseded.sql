-- The lines of repos that come again further down: a list changes while it is read.
create temp table superseded_{type} as
select n
from (
  select n, lead(n) over (partition by id order by n) as later
  from read_json({file}, format = 'newline_delimited', maximum_object_size = {most},
    columns = {'n': 'BIGINT', 'id': 'VARCHAR'})
  where id is not null
)
where later is not null
