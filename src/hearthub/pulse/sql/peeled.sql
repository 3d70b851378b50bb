create or replace temp table core as
select * from core
where child in (select parent from core) and parent in (select child from core)
