create or replace temp table by_month as
select u.*, {gained} from u left join valued using (repo_id)
