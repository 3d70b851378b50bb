-- Likes of a day count at its noon; $anchor's midnight is now.
select
    any_value(u.id) as id,
    sum(greatest(day.likes, 0) * pow(2, -(($anchor - day.day) + 0.5) / {half})) as score,
    sum(greatest(day.likes, 0)) as gained
from day join u using (repo_id)
where not is_removed and day.day > $anchor - 42 and day.day <= $anchor
group by repo_id
having score > 0
order by score desc, id
limit {most}
