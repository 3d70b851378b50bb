"""What of a repo somebody may see: what its refs reach.

Whoever may only propose builds on nothing else. A proposal is for all to read, so that a commit
which named a lost file, or a delta made for it, would show that file to whoever knows its id.
"""

from collections.abc import Iterable

from hearthub.registry.git.contents import Contents
from hearthub.registry.git.fetches import Selector
from hearthub.registry.objects import ObjectStore
from hearthub.registry.refs import MAIN, Ref


class Sight:
    """Of one repo, as its refs are now. Oids are 20 bytes."""

    def __init__(
        self, store: ObjectStore, selector: Selector, repo_id: int, refs: list[Ref], near: set[str]
    ) -> None:
        """`near`: the refs at which most of what is asked for will be found, beside main."""
        self._store, self._selector = store, selector
        self._repo_id, self._refs = repo_id, refs
        self._near = {it.commit_oid for it in refs if it.name in near | {MAIN}}
        self._seen: set[bytes] | None = None
        self._is_whole = False

    def hidden(self, oids: Iterable[bytes]) -> set[bytes]:
        """Those of these that no ref reaches. Only for files and folders that the newest do not
        have is the whole history walked: once, though a pack asks for each base of its deltas."""
        if self._seen is None:
            trees = [self._store.commit(self._repo_id, oid).tree for oid in sorted(self._near)]
            self._seen = Contents(self._store, self._repo_id).all_of(map(bytes.fromhex, trees))
            self._seen |= {bytes.fromhex(oid) for oid in self._near}
        others = set(oids) - self._seen
        lost, unsure = self._selector.judged(self._repo_id, others)
        if unsure and not self._is_whole:
            self._seen.update(self._selector.reached(self._repo_id, self._refs))
            self._is_whole = True
        lost |= unsure - self._seen
        self._seen |= others - lost
        return lost
