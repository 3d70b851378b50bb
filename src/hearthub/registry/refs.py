"""Branches and tags: rows that name a commit, moved by compare-and-swap."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from hearthub.clock import now_ms
from hearthub.db import Database, batches
from hearthub.errors import BadRequest, Conflict, HearthubError, RevisionNotFound
from hearthub.registry.reach import Reach

MAIN = "refs/heads/main"
HEADS, TAGS, CONVERTS, PULLS = "refs/heads/", "refs/tags/", "refs/convert/", "refs/pr/"

# git's own rules (git-check-ref-format), on the part after refs/heads/ or refs/tags/.
_BAD_NAME = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(/|$)|^[./-]|[./]$|^@$")
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Ref:
    """`oid` is what the ref names (a commit, or an annotated tag), `commit_oid` its commit."""

    name: str
    oid: str
    commit_oid: str

    @property
    def short_name(self) -> str:
        for prefix in (HEADS, TAGS, CONVERTS):
            if self.name.startswith(prefix):
                return self.name.removeprefix(prefix)
        return self.name


class RefMoved(HearthubError):
    """Somebody else moved the ref first; inside the registry this means: try again."""


class Refs:
    def __init__(self, db: Database, reach: Reach) -> None:
        self.db, self.reach = db, reach

    def get(self, repo_id: int, name: str) -> Ref | None:
        row = self.db.one(
            "select name, oid, commit_oid from ref where repo_id = :repo and name = :name",
            repo=repo_id,
            name=name,
        )
        return None if row is None else Ref(*row)

    def first(self, repo_id: int, names: tuple[str, ...]) -> Ref | None:
        """The first of `names` that exists."""
        rows = self.db.all(
            "select name, oid, commit_oid from ref where repo_id = :repo and name in (:names)",
            repo=repo_id,
            names=names,
        )
        found = {row[0]: Ref(*row) for row in rows}
        return next((found[name] for name in names if name in found), None)

    def commits(self, repo_ids: Sequence[int], name: str) -> dict[int, str]:
        """What a ref of many repos names, by repo id."""
        return {
            row[0]: row[1]
            for some in batches(repo_ids)
            for row in self.db.all(
                "select repo_id, commit_oid from ref where repo_id in (:ids) and name = :name",
                ids=some,
                name=name,
            )
        }

    def all(self, repo_id: int) -> list[Ref]:
        rows = self.db.all(
            "select name, oid, commit_oid from ref where repo_id = :repo order by name",
            repo=repo_id,
        )
        return [Ref(*row) for row in rows]

    def author(self, repo_id: int, name: str) -> int | None:
        """Whose pull request a ref is: an account's id."""
        found: int | None = self.db.value(
            "select author_id from ref where repo_id = :repo and name = :name",
            repo=repo_id,
            name=name,
        )
        return found

    def create(
        self, repo_id: int, name: str, oid: str, commit_oid: str, author_id: int | None = None
    ) -> None:
        """Raises Conflict when the ref exists, or stands where git would want a folder."""
        check_ref_name(name)
        with self.db.transaction():
            self.reach.hold(repo_id)
            if other := self._in_the_way(repo_id, name):
                raise Conflict(
                    f"Reference {other} already exists: git cannot have {name} beside it"
                )
            made = self.db.execute(
                "insert into ref (repo_id, name, oid, commit_oid, updated, author_id) "
                "values (:repo, :name, :oid, :commit, :now, :author) "
                "on conflict (repo_id, name) do nothing",
                repo=repo_id,
                name=name,
                oid=oid,
                commit=commit_oid,
                now=now_ms(),
                author=author_id,
            )
            if not made:
                raise Conflict(f"Reference {name} already exists")
            self.reach.follow(repo_id, None, commit_oid)

    def _in_the_way(self, repo_id: int, name: str) -> str | None:
        """A ref that is a folder of `name`, or has `name` for one: git keeps refs as files."""
        parts = name.split("/")
        folders = ["/".join(parts[:end]) for end in range(3, len(parts))]
        found: str | None = self.db.value(
            "select name from ref where repo_id = :repo and (name in (:folders) "
            "or (name > :first and name < :past)) limit 1",
            repo=repo_id,
            folders=folders,
            first=name + "/",
            past=name + "0",  # the character after the slash
        )
        return found

    def move(
        self, repo_id: int, name: str, old: str, new: str, commit_oid: str | None = None
    ) -> None:
        """Compare-and-swap a ref from `old` to `new`; raises RefMoved.

        `commit_oid` is given where `new` is an annotated tag.
        """
        with self.db.transaction():
            self.reach.hold(repo_id)
            before = self.get(repo_id, name)
            if before is None or before.oid != old:
                raise RefMoved(f"{name} moved")
            self.db.execute(
                "update ref set oid = :new, commit_oid = :commit, updated = :now "
                "where repo_id = :repo and name = :name",
                repo=repo_id,
                name=name,
                new=new,
                commit=commit_oid or new,
                now=now_ms(),
            )
            self.reach.follow(repo_id, before.commit_oid, commit_oid or new)

    def delete(self, repo_id: int, name: str) -> Ref:
        """The ref that was; raises RevisionNotFound."""
        with self.db.transaction():
            self.reach.hold(repo_id)
            row = self.db.one(
                "delete from ref where repo_id = :repo and name = :name "
                "returning name, oid, commit_oid",
                repo=repo_id,
                name=name,
            )
            if row is None:
                raise RevisionNotFound(f"Invalid rev id: {name}")
            ref = Ref(*row)
            self.reach.follow(repo_id, ref.commit_oid, None)
        return ref


def candidates(rev: str) -> tuple[str, ...]:
    """Full ref names a revision may mean, best first: a branch wins over a tag."""
    if rev == "HEAD":
        return (MAIN,)
    if rev.startswith("refs/"):
        return (rev,)
    return (HEADS + rev, TAGS + rev)


def check_ref_name(name: str) -> None:
    _, _, short = name.removeprefix("refs/").partition("/")
    if not short or len(name.encode(errors="replace")) > 250 or _BAD_NAME.search(short):
        raise BadRequest(f"Invalid reference name: {short!r}")
    if short == "HEAD" or _COMMIT.fullmatch(short):
        raise BadRequest(f"{short} means something else than a branch or tag")
    if not name.encode(errors="replace").decode() == name:
        raise BadRequest("Invalid reference name: not valid unicode")
