create or replace temp table by_month as
select repo_id, {gained} from u join valued using (repo_id)
