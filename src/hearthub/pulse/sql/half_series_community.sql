-- What others do with a repo: children of it that appear, and days on which it was changed.
create or replace temp table half_series as
with happened as (
    select parent as repo_id, born::date as day, 1 as x
    from lineage where parent >= 0 and not is_removed
    union all
    select distinct repo_id, modified_at::date, 1
    from state semi join (select distinct parent from lineage) l on l.parent = state.repo_id
    where modified_at is not null and "at" < $after::timestamp
),
chosen as (
    select repo_id from happened
    where day >= $start and day <= $anchor
    group by repo_id having count(*) >= {least}
    order by count(*) desc, repo_id
    limit {most}
)
select repo_id, day, sum(x) as x, null::double as had from happened semi join chosen using (repo_id) group by all
