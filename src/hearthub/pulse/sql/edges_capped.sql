-- Of a repo that names more than so many others the first count. Hardly any does: to number the edges
-- of all would take long.
delete from edge_named using (
    select child, parent, row_number() over (partition by child order by parent) as number
    from edge_named
    semi join (select child from edge_named group by child having count(*) > {most}) using (child)
) numbered
where numbered.number > {most}
    and edge_named.child = numbered.child and edge_named.parent = numbered.parent
