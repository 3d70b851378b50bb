"""A repo of this hub as a source, or one file of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from hearthub.fit.elsewhere import Elsewhere
from hearthub.fit.header_pages import HeaderPage, page_of
from hearthub.fit.sources import MAX_FILES, SourceFile, whole
from hearthub.fit.weight_names import format_of
from hearthub.registry import Entry, Registry, Repo
from hearthub.sandbox import Sandbox

TIMEOUT_S = 3.0


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
        return {entry.path: entry for entry in found if entry.is_file}


@dataclass(frozen=True)
class HostedFile:
    """Who may read it was asked before."""

    registry: Registry
    repo: Repo
    entry: Entry
    parallel: int = 1
    budget: int = 2**28

    def files(self) -> Sequence[SourceFile]:
        return [SourceFile(self.entry.path, self.entry.size, self.entry.etag)]

    def read(self, file: SourceFile, start: int, end: int) -> bytes:
        return whole(self.registry.read_range(self.repo, self.entry, start, end), file, start, end)


def has_header(path: str) -> bool:
    """Whether `header_page` reads files of this name."""
    return format_of(path) is not None


def header_page(
    registry: Registry,
    repo: Repo,
    entry: Entry,
    sandbox: Sandbox,
    *,
    search: str = "",
    start: int = 0,
    limit: int = 100,
) -> HeaderPage:
    """What a file of weights holds, with `limit` of its tensors whose names contain `search`.

    Raises BadRequest for a malformed header, Unavailable when reading it takes too long.
    """
    source, form = HostedFile(registry, repo, entry), format_of(entry.path)
    file = source.files()[0]
    reader = Elsewhere(sandbox, TIMEOUT_S)
    return reader.asking(source, file, form or "", page_of, search, start, limit)
