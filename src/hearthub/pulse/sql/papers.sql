-- Papers as told now, and which of them change what stands: those rows, and where a late one parts
-- two that were equal, what stood again at the next capture. A paper once seen stays.
create temp table papers_told as
select *,
  case
    when paper_id is null then 'paper_id is missing'
    when not regexp_full_match(paper_id, '[^[:cntrl:]]{1,100}') then 'paper_id is no name'
    when upvotes not between 0 and {most} then 'upvotes is no count'
    when submitted_at > $latest then 'submitted_at is in the future'
  end as problem
from (
  select paper_id, title[:500] as title, upvotes, submitted_at, organization[:200] as organization,
    "at"
  from incoming_papers
)
