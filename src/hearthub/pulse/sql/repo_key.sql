-- The number of a repo: 60 bits of a digest that no version of DuckDB changes.
create temp macro repo_key(source, type, id) as
  cast('0x' || substr(md5(source || '|' || type || '|' || lower(id)), 1, 15) as bigint)
