-- Likes of the last day alone, where it and the day before were looked at ({is_seen}): else what came
-- in several days was dealt out evenly, and tells of none of them.
select u.id, round(sum(greatest(day.likes, 0)))::bigint as gained
from day join u using (repo_id)
where day.day = $anchor and not u.is_removed and {is_seen}
group by u.id
having gained > 0
order by gained desc, u.id
limit {most}
