select m.id, m.age, m.downloads, d.v1, d.v2, m.size_class
from milestone m join divisor d using (size_class, age)
where m.reached >= $start and m.reached < $after
qualify row_number() over (partition by m.repo_id order by m.age desc) = 1
order by m.downloads / nullif(d.v2, 0) desc, m.id
limit {most}
