(
  select * from read_json({file}, format = 'newline_delimited', maximum_object_size = {most},
    columns = {'n': 'BIGINT', {columns}})
  anti join superseded_{type} using (n)
)
