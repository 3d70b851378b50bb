-- What the repo had under its former names stands where it has nothing of its own yet.
update valued set {carried}
from (
    select new_repo, {former}
    from renamed join valued on valued.repo_id = renamed.old_repo
    group by new_repo
) former
where valued.repo_id = former.new_repo
