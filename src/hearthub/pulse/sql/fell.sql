-- Watched repos whose counter fell in the window.
create or replace temp table fell as
select repo_id, count(*) as falls from day
where fell and day >= $start and day < $after
group by repo_id
