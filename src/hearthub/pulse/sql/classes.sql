create type of_{column} as enum (
    select word from (
        select {column} as word from classified
        union
        -- An enum has a value at least, and sizes are told apart where the facts do not (universe.sql).
        select unnest(case when '{column}' = 'size_class' then {sizes} else [''] end)
    )
    where word is not null
    order by word
)
