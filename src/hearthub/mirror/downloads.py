"""Fetching files: several at once, each by ranges where it stopped, none believed unchecked."""

import threading
from multiprocessing.pool import ThreadPool
from pathlib import Path

from hearthub.errors import BadRequest, UpstreamFailed
from hearthub.mirror.progress import Progress
from hearthub.mirror.workplace import Workplace
from hearthub.registry import Repo
from hearthub.storage import Storage
from hearthub.upstream import (
    Endpoint,
    Fault,
    File,
    Pace,
    Patience,
    State,
    Upstream,
    printable,
)

AT_ONCE = 4
TRIES = 3  # of a file whose bytes are wrong
PROGRESS = 2**20
"""So many bytes more between two cut connections, and upstream is not counted as failing."""


class Downloads:
    def __init__(
        self,
        upstream: Upstream,
        state: State,
        storage: Storage,
        repo: Repo,
        place: Workplace,
        progress: Progress,
    ) -> None:
        self.upstream, self.state = upstream, state
        self.storage, self.repo = storage, repo
        self.place, self.progress = place, progress
        self.received = 0
        self._lock = threading.Lock()

    @property
    def endpoint(self) -> Endpoint:
        return self.upstream.endpoint

    @property
    def pace(self) -> Pace:
        return self.upstream.pace

    def here(self, files: list[File]) -> int:
        """How many bytes of them came in an earlier run."""
        return sum(min(self._size(file), file.size) for file in files)

    def run(self, files: list[File]) -> None:
        """Fetch all; LFS objects are the repo's then, regular files wait in the workplace.

        The first error ends the others; what came stays for the next run.
        """
        # Its threads are daemons: one that waits for a silent upstream must not keep an
        # interrupted command from ending.
        with ThreadPool(min(AT_ONCE, len(files))) as pool:
            try:
                for _ in pool.imap_unordered(self._fetch, files):
                    self.progress.file_done()
            finally:
                self.pace.stop()

    def _fetch(self, file: File) -> None:
        if file.sha256 is None and self.place.content(file.oid) is not None:
            return
        part = self.place.part(file.key)
        for _ in range(TRIES):
            self._complete(file, part)
            wrong = self._settle(file, part)
            if wrong is None:
                return
            part.unlink()
            self.progress.advance(-file.size)
        raise UpstreamFailed(
            f"{printable(file.path)}: upstream's bytes are not those it lists, {TRIES} times in a "
            f"row ({wrong}). Nothing of it was kept; tell the owner of {self.state.name}"
        )

    def _complete(self, file: File, part: Path) -> None:
        url = self.endpoint.file(self.repo.type, self.state.name, self.state.commit, file.path)
        patience = Patience(self.pace)
        while (before := self._begin(part, file.size)) < file.size:
            try:
                self._append(url, part, before, file.size)
            except Fault as fault:
                if part.stat().st_size - before >= PROGRESS:
                    patience.progressed()
                patience.failed(fault)

    def _begin(self, part: Path, size: int) -> int:
        """The bytes of a part that is there, or made now."""
        with part.open("ab") as file:
            if file.tell() > size:
                file.truncate(0)
            return file.seek(0, 2)

    def _append(self, url: str, part: Path, start: int, size: int) -> None:
        with self.upstream.file(url, start, size) as (begin, pieces), part.open("ab") as target:
            target.truncate(begin)
            self.progress.advance(begin - start)
            for piece in pieces:
                target.write(piece)
                target.flush()  # what came outlives a kill
                self.progress.advance(len(piece))
                with self._lock:
                    self.received += len(piece)
            if target.seek(0, 2) < size:
                raise Fault(f"{part.name}: the answer ended early")

    def _settle(self, file: File, part: Path) -> str | None:
        """Verify a whole file and keep it; else why not."""
        if file.sha256 is None:
            return None if self.place.keep(file.oid) else "git's blob id differs"
        try:
            self.storage.take_file(self.repo.id, file.sha256, file.size, part)
        except BadRequest as error:
            return str(error)
        return None

    def _size(self, file: File) -> int:
        for path in (self.place.part(file.key), self.place.folder / file.key):
            if path.exists():
                return path.stat().st_size
        return 0
