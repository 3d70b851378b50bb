-- Repos that rise, with what makes it understood: what they are and what was made of them.
create or replace temp table riser as
with listed as ({listed}),
made as (
    select
        parent as repo_id, count(distinct child) as children,
        count(distinct child) filter (relation = 'quantized') as quants
    from lineage
    where born >= $start::timestamp and born < $after::timestamp
    group by parent
),
based as (
    select child as repo_id, string_agg(distinct parent_id, ', ' order by parent_id) as bases
    from lineage group by child
)
select
    u.repo_id, u.id, u.author, listed.score, listed.gained,
    date_diff('hour', u.created_at, $after::timestamp) / 24 as age,
    u.params_total, coalesce(made.children, 0) as children, coalesce(made.quants, 0) as quants,
    coalesce(u.relation, '') as relation, coalesce(based.bases, '') as bases,
    coalesce(u.license, '') as license, coalesce(u.licence_class, 'unknown') as licence_class,
    coalesce(u.org_type, 'unknown') as org_type, coalesce(u.architecture, 'unknown') as architecture
from listed
join u using (id)
left join made using (repo_id)
left join based using (repo_id)
