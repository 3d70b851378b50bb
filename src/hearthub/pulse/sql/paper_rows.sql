-- The rows of `paper` that change what stands.
with told as (
  select paper_id, any_value(title) as title, max(upvotes) as upvotes,
    min(submitted_at) as submitted_at, any_value(organization) as organization, "at"
  from papers_told where problem is null group by paper_id, "at"
),
stored as (
  select paper_id, title, upvotes, submitted_at, organization, "at" from paper
  where source = $source
),
captures as (
  select distinct "at", true as one from capture where source = $source and type = 'paper'
),
placed as (
  select t.*, s."at" as old_at, s.title as old_title, s.upvotes as old_upvotes,
    s.submitted_at as old_submitted_at, s.organization as old_organization
  from told t asof left join stored s on t.paper_id = s.paper_id and t."at" >= s."at"
),
changed as (
  select * from placed
  where old_at is null or (old_at < "at" and (title, upvotes, submitted_at, organization)
    is distinct from (old_title, old_upvotes, old_submitted_at, old_organization))
),
next as (
  select c.*, n."at" as next_stored
  from changed c asof left join stored n on c.paper_id = n.paper_id and c."at" < n."at"
),
fills as (
  select n.*, k."at" as next_capture
  from (select *, true as one from next) n asof join captures k on n.one = k.one and n."at" < k."at"
  where n.old_at is not null and k."at" < coalesce(n.next_stored, timestamp '9999-12-31')
)
select $source as source, paper_id, title, upvotes, submitted_at, organization, "at" from changed
union all
select $source, paper_id, old_title, old_upvotes, old_submitted_at, old_organization, next_capture
from fills
