"""From what a caller asks for (branch, tag, sha, short sha) to one commit."""

import re

from hearthub.errors import HearthubError, RevisionNotFound
from hearthub.registry.objects import ObjectStore
from hearthub.registry.refs import Refs, candidates
from hearthub.registry.repo import Repo

_FULL = re.compile(r"[0-9a-f]{40}")
_SHORT = re.compile(r"[0-9a-f]{7,39}")


class Revisions:
    def __init__(self, refs: Refs, objects: ObjectStore) -> None:
        self.refs, self.objects = refs, objects

    def commit_of(self, repo: Repo, rev: str) -> str:
        """The commit (40 hex digits) that `rev` means; raises RevisionNotFound.

        A branch wins over a tag, both win over an abbreviated commit id.
        """
        if _FULL.fullmatch(rev):
            if self._is_commit(repo, rev):
                return rev
        elif ref := self.refs.first(repo.id, candidates(rev)):
            return ref.commit_oid
        elif _SHORT.fullmatch(rev):
            found = self.objects.expand_prefix(repo.id, rev)
            if len(found) == 1:
                return found[0]
        raise RevisionNotFound(f"Invalid rev id: {rev}")

    def _is_commit(self, repo: Repo, oid: str) -> bool:
        try:
            self.objects.commit(repo.id, oid)
        except HearthubError:
            return False
        return True
