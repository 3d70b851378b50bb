create or replace temp table by_month as
select repo_id, {gained} from u join ({stood}) using (repo_id)
