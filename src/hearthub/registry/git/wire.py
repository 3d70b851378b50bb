"""What the registry does for git clients: the door of this folder, `registry.git`."""

from collections.abc import Iterable, Iterator, Sequence

from hearthub.registry.git.fetches import Fetch, Selection
from hearthub.registry.git.packs import write_pack
from hearthub.registry.git.pushes import Pushes
from hearthub.registry.objects import ObjectStore
from hearthub.registry.refs import Refs
from hearthub.registry.repo import Repo


class Wire:
    """Rights are the caller's to check. Oids are 20 bytes."""

    def __init__(self, objects: ObjectStore, refs: Refs, pushes: Pushes) -> None:
        self._objects, self._refs = objects, refs
        self.push = pushes.push
        self._selector = pushes.selector

    def common(self, repo: Repo, haves: Sequence[bytes]) -> set[bytes]:
        """Those of a client's commits that the repo has too."""
        return self._selector.common(repo.id, haves)

    def is_enough(self, repo: Repo, wants: Iterable[bytes], common: set[bytes]) -> bool:
        """Whether every want descends from something that both have. Raises BadRequest for what
        no ref reaches."""
        return self._selector.is_enough(repo.id, self._refs.all(repo.id), wants, common)

    def select(self, repo: Repo, ask: Fetch) -> Selection:
        """What to send. Raises BadRequest for what no ref reaches."""
        return self._selector.select(repo.id, self._refs.all(repo.id), ask)

    def pack(self, repo: Repo, objects: Sequence[bytes]) -> Iterator[bytes]:
        return write_pack(self._objects, repo.id, objects)

    def forget(self) -> None:
        """Objects were collected."""
        self._selector.forget()
