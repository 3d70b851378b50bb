"""From what a caller asks for (branch, tag, sha, short sha) to one commit."""

import re

from hearthub.errors import HearthubError, RevisionNotFound, Unavailable
from hearthub.registry.objects import ObjectStore
from hearthub.registry.reach import Reach
from hearthub.registry.refs import Refs, candidates
from hearthub.registry.repo import Repo

_FULL = re.compile(r"[0-9a-f]{40}")
_SHORT = re.compile(r"[0-9a-f]{7,39}")


class Revisions:
    def __init__(self, refs: Refs, objects: ObjectStore, reach: Reach) -> None:
        self.refs, self.objects, self.reach = refs, objects, reach

    def commit_of(self, repo: Repo, rev: str) -> str:
        """The commit (40 hex digits) that `rev` means; raises RevisionNotFound, also for one that
        no ref reaches, and Unavailable or Damaged: "it is not there" would be for good.

        A branch wins over a tag, both win over an abbreviated commit id.
        """
        if _FULL.fullmatch(rev):
            if self._is_reached(repo, rev):
                return rev
        elif ref := self.refs.first(repo.id, candidates(rev)):
            return ref.commit_oid
        elif _SHORT.fullmatch(rev):
            found = self.reach.starting_with(repo.id, rev)
            if len(found) == 1:
                return found[0]
        raise RevisionNotFound(f"Invalid rev id: {rev}")

    def start_of(self, repo: Repo, rev: str) -> str:
        """The same for who makes a branch or tag there, and may take back a squash or a deletion
        by the commit's full id."""
        if _FULL.fullmatch(rev) and self._is_commit(repo, rev):
            return rev
        return self.commit_of(repo, rev)

    def _is_reached(self, repo: Repo, oid: str) -> bool:
        try:
            is_commit = self._is_commit(repo, oid)
        except Unavailable:
            if self.reach.has(repo.id, oid):
                raise
            return False
        return is_commit and self.reach.has(repo.id, oid)

    def _is_commit(self, repo: Repo, oid: str) -> bool:
        """Raises Unavailable, Damaged where nobody can tell."""
        try:
            self.objects.commit(repo.id, oid)
        except Unavailable:
            raise
        except HearthubError:
            return False
        return True
