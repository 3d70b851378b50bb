"""A model of another hub as a source: its list of files, and ranges of them."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType

from hearthub.errors import TooLarge
from hearthub.fit.sources import MAX_FILES, SourceFile, whole
from hearthub.upstream import Endpoint, Pace, State, Upstream

BUDGET = 18_000_000
"""Bytes; what 100 GB of weights may cost, with the lists and headers of HTTP, is 20 MB."""
PER_BYTE = 10_000
"""Of models that are larger still, one byte more for so many of theirs."""
AT_ONCE = 8


@dataclass(frozen=True)
class RemoteModel:
    """At the commit that was the revision's when it was opened. Close it after use.

    Raises UpstreamFailed, also for what is not there or needs another token.
    """

    upstream: Upstream
    state: State
    listed: tuple[SourceFile, ...]
    parallel: int = AT_ONCE

    @classmethod
    def open(
        cls,
        endpoint: str,
        name: str,
        revision: str = "main",
        token: str | None = None,
        timeout_s: float = 30.0,
    ) -> "RemoteModel":
        """`token` goes to the endpoint alone, whatever it redirects to."""
        upstream = Upstream(Endpoint.parse(endpoint), token, Pace(), timeout_s)
        try:
            state = upstream.state("model", name, revision)
            files = upstream.tree("model", state.name, state.commit, sys.maxsize)
        except BaseException:
            upstream.close()
            raise
        if len(files) > MAX_FILES:
            upstream.close()
            raise TooLarge(f"{state.name} has more than {MAX_FILES} files")
        listed = tuple(SourceFile(file.path, file.size, file.key) for file in files)
        return cls(upstream, state, listed)

    @property
    def budget(self) -> int:
        return max(BUDGET, sum(file.size for file in self.listed) // PER_BYTE)

    def files(self) -> Sequence[SourceFile]:
        return self.listed

    def read(self, file: SourceFile, start: int, end: int) -> bytes:
        if start == end:
            return b""
        endpoint, state = self.upstream.endpoint, self.state
        url = endpoint.file("model", state.name, state.commit, file.path)
        return whole(self.upstream.read(url, start, end), file, start, end)

    def close(self) -> None:
        self.upstream.close()

    def __enter__(self) -> "RemoteModel":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
