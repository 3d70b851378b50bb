"""What several repos of one account have, which counts once for the account.

    account.shared_storage      bytes of large files beyond the first repo of the account with each
    lfs_object.owner_id         whose the repo is: so that one look tells who else has a file

A repo's own size counts every file it has. All repos of an account together use the sum of theirs
less `shared_storage`, which changes in the transaction that gives a repo a file or takes it away;
on PostgreSQL one such transaction of an account waits for the other.
"""

from collections.abc import Collection, Mapping

from hearthub.db import Database, batches
from hearthub.errors import RepoNotFound


class Shares:
    def __init__(self, db: Database) -> None:
        self._db = db

    def hold(self, repo_id: int) -> int:
        """The account whose the repo is, until the transaction ends. Raises RepoNotFound."""
        # In this order always, lest two wait for each other: the account, then the repo.
        sql = "select a.id from account a join repo r on r.owner_id = a.id where r.id = :id"
        lock = "" if self._db.is_sqlite else " for no key update of a, r"
        owner = self._db.value(sql + lock, id=repo_id)
        if owner is None:
            raise RepoNotFound
        return int(owner)

    def owner(self, repo_id: int) -> int | None:
        owner: int | None = self._db.value("select owner_id from repo where id = :r", r=repo_id)
        return owner

    def owned(self, owner_id: int | None, sha256s: Collection[str]) -> set[str]:
        """Those of these files that a repo of the account has."""
        return {
            row.sha256
            for names in batches(sha256s)
            for row in self._db.all(
                "select sha256 from lfs_object where owner_id = :owner and sha256 in (:names)",
                owner=owner_id,
                names=names,
            )
        }

    def bytes_of(self, owner_id: int | None, sizes: Mapping[str, int]) -> int:
        """The bytes of those of these files that a repo of the account has."""
        return sum(sizes[name] for name in self.owned(owner_id, sizes))

    def has_sent(self, owner_id: int | None, xorb: str) -> bool:
        """Whether a repo of the account has sent this xorb."""
        sql = (
            "select 1 from xorb_owner x join repo r on r.id = x.repo_id "
            "where x.xorb = :xorb and r.owner_id = :owner"
        )
        return self._db.one(sql, xorb=xorb, owner=owner_id) is not None

    def note(self, owner_id: int, more: int) -> None:
        """So many bytes more (less, where negative) are in several of the account's repos."""
        if more:
            self._db.execute(
                "update account set shared_storage = shared_storage + :more where id = :owner",
                owner=owner_id,
                more=more,
            )

    def of_repo(self, repo_id: int, owner_id: int) -> int:
        """The bytes of a repo's files that an account has in other repos too."""
        found = self._db.value(
            "select sum(o.size) from lfs_object o where o.repo_id = :repo and exists (select 1 "
            "from lfs_object p where p.owner_id = :owner and p.sha256 = o.sha256 "
            "and p.repo_id <> o.repo_id)",
            repo=repo_id,
            owner=owner_id,
        )
        return int(found or 0)

    def let_go(self, repo_id: int) -> None:
        """In the transaction that is about to delete a repo."""
        owner = self.hold(repo_id)
        self.note(owner, -self.of_repo(repo_id, owner))

    def hold_both(self, repo_id: int, owner_id: int) -> None:
        """The account whose the repo is and another one, until the transaction ends."""
        if not self._db.is_sqlite:  # in the order of all such transactions
            self._db.all(
                "select id from account where id = :new or id = "
                "(select owner_id from repo where id = :repo) order by id for no key update",
                new=owner_id,
                repo=repo_id,
            )

    def hand_over(self, repo_id: int, owner_id: int) -> None:
        """In the transaction that is about to give a repo to another account, and holds both."""
        before = self.hold(repo_id)
        self.note(before, -self.of_repo(repo_id, before))
        self.note(owner_id, self.of_repo(repo_id, owner_id))
        self._db.execute(
            "update lfs_object set owner_id = :owner where repo_id = :repo",
            owner=owner_id,
            repo=repo_id,
        )
