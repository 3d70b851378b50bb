"""A repo of this hub as a source."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from hearthub.fit.sources import MAX_FILES, SourceFile, whole
from hearthub.registry import Entry, Registry, Repo


@dataclass(frozen=True)
class HostedModel:
    """At one commit. Who may see the repo was asked before."""

    registry: Registry
    repo: Repo
    commit: str
    parallel: int = 1
    budget: int = 2**28

    def files(self) -> Sequence[SourceFile]:
        return [SourceFile(entry.path, entry.size, entry.etag) for entry in self._entries.values()]

    def read(self, file: SourceFile, start: int, end: int) -> bytes:
        entry = self._entries[file.path]
        return whole(self.registry.read_range(self.repo, entry, start, end), file, start, end)

    @cached_property
    def _entries(self) -> dict[str, Entry]:
        found = self.registry.tree(self.repo, self.commit, recursive=True, limit=MAX_FILES)
        return {entry.path: entry for entry in found if not entry.is_folder}
