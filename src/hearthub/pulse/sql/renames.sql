-- Former names that came now and are not known since then: sources come in any order.
with told as (
  select o.repo_id, s.formerly as old_id, arg_min(s.id, o."at") as new_id, min(o."at") as "at"
  from obs o
  join read_parquet({file}, file_row_number = true) s on s.file_row_number = o.line
  where s.formerly is not null
  group by all
)
select * from told
where not exists (
  select 1 from alias a
  where a.repo_id = told.repo_id and a.old_id = told.old_id and a."at" <= told."at"
)
