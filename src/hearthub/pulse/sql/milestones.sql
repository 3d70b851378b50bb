-- All-time downloads of watched repos at each age that they reached under watch.
create or replace temp table milestone as
with age as (select unnest({ages}) as age)
select
    p.repo_id, u.id, u.size_class, u.created_at::date as born, age.age,
    (u.created_at::date + age.age)::date as reached,
    arg_max(p.d_all, p.day) as downloads
from point p
join u on u.repo_id = p.repo_id
join age on p.day <= u.created_at::date + age.age
where p.d_all is not null and u.created_at::date + age.age <= $anchor
    and u.size_class is not null and not u.is_removed
group by all
