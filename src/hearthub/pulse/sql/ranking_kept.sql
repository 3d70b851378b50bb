select {names} from ranking
where (source, type) in (select (source, type) from repo)
    and (source, type) not in (select (source, type) from read_parquet({file}))
union all
select {names} from read_parquet({file})
