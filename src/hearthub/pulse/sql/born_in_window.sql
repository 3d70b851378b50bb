select count(*) as n from u
where created_at >= $start::timestamp and created_at < $after::timestamp
