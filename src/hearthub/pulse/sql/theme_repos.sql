-- The repos of each theme that gained most likes.
select theme, id, likes
from themed
where likes > 0
qualify row_number() over (partition by theme order by likes desc, id) <= {most}
order by theme, likes desc, id
