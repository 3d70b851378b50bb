-- The number of a repo: 60 bits of a digest that no version of DuckDB changes. Names that differ in
-- case alone are two repos, one after the other: hubs let the case of a name be changed.
create temp macro repo_key(source, type, id) as
  cast('0x' || substr(md5(source || '|' || type || '|' || id), 1, 15) as bigint)
