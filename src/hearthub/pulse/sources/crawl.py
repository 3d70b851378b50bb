"""Reading the lists of another hub, page by page, so that a crawl that was killed goes on.

    DATA/tmp/pulse/crawl-<hub>/lock              its folder goes after a week (files.py)
                               state.json        how far each list was read
                               model.ndjson      its rows (spool.py), dataset.ndjson, space.ndjson

The rows of a page are durable before the state says so; what stands behind them is cut off. A list
is taken to be as it was when its reading began: it has no repo that is younger, since the newest
come first.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from hearthub.errors import Conflict, Unavailable, UpstreamFailed
from hearthub.pulse.sources.files import workplace
from hearthub.pulse.sources.spool import FACTS, Spooled, line
from hearthub.upstream import TooMuch, Upstream, with_limit

VERSION = 1  # of the spool
MAX_AGE = timedelta(days=1)
"""Of a crawl that was interrupted: an older one starts again."""
LIMITS = (1000, 250, 50, 10)
"""Rows a page: fewer where a hub cannot make so many, and after a while more again."""
GROWS_AFTER = 10  # pages
MAX_ROWS = 50_000_000
MAX_EMPTY = 1000  # pages in a row


@dataclass
class Reach:
    """How far a list was read."""

    started: str
    next: str | None
    size: int = 0
    rows: int = 0
    hidden: int = 0
    """Rows of repos that are not public, which were not kept."""
    is_done: bool = False

    @property
    def at(self) -> datetime:
        """UTC without a zone."""
        return datetime.fromisoformat(self.started)


@contextmanager
def crawl_folder(data: Path, hub: str) -> Iterator[Path]:
    """The place of the crawl of a hub, by its address; for one process at a time."""
    name = hashlib.sha256(hub.encode()).hexdigest()[:16]
    folder = workplace(data) / f"crawl-{name}"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(f"Another process reads the lists of {hub}") from None
        yield folder


class Crawl:
    """`min_free`: bytes of the disk that stay free."""

    def __init__(
        self, upstream: Upstream, folder: Path, min_free: int, say: Callable[[str], None]
    ) -> None:
        self.upstream, self.folder = upstream, folder
        self.min_free, self.say = min_free, say
        self._state = folder / "state.json"
        self.reached = self._load()

    def run(self, types: Sequence[str]) -> list[Spooled]:
        """Raises UpstreamFailed; what was read until then is not read again."""
        for kind in types:
            if kind not in self.reached:
                self._begin(kind)
            if not self.reached[kind].is_done:
                self._read(kind)
        return [Spooled(kind, self._file(kind), self.reached[kind].at) for kind in types]

    def clear(self) -> None:
        for path in self.folder.iterdir():
            if path.name != "lock":  # whoever waits for it holds it open
                path.unlink()

    def _begin(self, kind: str) -> None:
        started = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
        first = self.upstream.endpoint.listing(kind, (*FACTS[kind], "private"), LIMITS[0])
        self.reached[kind] = Reach(started.isoformat(), first)
        self._file(kind).write_bytes(b"")
        self._save()

    def _read(self, kind: str) -> None:
        goes_on = self.reached[kind].rows > 0
        try:
            self._pages(kind)
        except _Refused:
            if not goes_on:
                raise
            self._begin(kind)  # the hub does not know its own cursor any more
            self._pages(kind)

    def _pages(self, kind: str) -> None:
        reach, seen = self.reached[kind], set[str]()
        step = good = empty = 0
        is_first = True
        with self._file(kind).open("rb+") as file:
            file.truncate(reach.size)
            file.seek(reach.size)
            while reach.next:
                try:
                    rows, following = self.upstream.page(with_limit(reach.next, LIMITS[step]))
                except TooMuch as error:
                    if step + 1 < len(LIMITS):
                        step, good = step + 1, 0
                        continue
                    raise _Refused(str(error)) if is_first else error from error
                is_first, good = False, good + 1
                if good >= GROWS_AFTER:
                    step, good = max(0, step - 1), 0
                empty = 0 if rows else empty + 1
                self._refuse_endless(kind, following, seen, empty)
                self._keep(file, kind, rows)
                reach.next = with_limit(following, LIMITS[0]) if following else None
                reach.is_done = following is None
                self._save()
                self.say(f"{kind}s of {self.upstream.endpoint.url}: {reach.rows:,}")

    def _refuse_endless(self, kind: str, following: str | None, seen: set[str], empty: int) -> None:
        if following is None:
            return
        place = hashlib.sha256(with_limit(following, 0).encode()).hexdigest()
        is_circle = place in seen
        seen.add(place)
        if is_circle or empty > MAX_EMPTY or self.reached[kind].rows > MAX_ROWS:
            del self.reached[kind]
            self._save()
            raise UpstreamFailed(
                f"The list of {kind}s of {self.upstream.endpoint.url} has no end: "
                f"{'its pages lead in a circle' if is_circle else 'there is always another page'}"
            )

    def _keep(self, file: Any, kind: str, rows: list[Any]) -> None:
        """The rows of public repos; a token may show others, and what was observed elsewhere."""
        reach = self.reached[kind]
        if shutil.disk_usage(self.folder).free < self.min_free:
            raise Unavailable("There is too little room on the disk (HEARTHUB_MIN_FREE)")
        for row in rows:
            if isinstance(row, dict) and (row.get("private") or row.get("origin")):
                reach.hidden += 1
                continue
            reach.rows += 1
            reach.size += file.write(line(reach.rows, kind, row))
        file.flush()
        os.fsync(file.fileno())

    def _file(self, kind: str) -> Path:
        return self.folder / f"{kind}.ndjson"

    def _load(self) -> dict[str, Reach]:
        """Nothing where there is nothing that can be gone on with."""
        try:
            found = orjson.loads(self._state.read_bytes())
            reached = {kind: Reach(**it) for kind, it in found["lists"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}
        oldest = datetime.now(UTC).replace(tzinfo=None) - MAX_AGE
        is_usable = found["version"] == VERSION and found["hub"] == self.upstream.endpoint.url
        files = [self._file(kind) for kind in reached]
        if not is_usable or any(it.at < oldest for it in reached.values()):
            return {}
        return reached if all(path.is_file() for path in files) else {}

    def _save(self) -> None:
        """In one step, after what it tells of."""
        state = {
            "version": VERSION,
            "hub": self.upstream.endpoint.url,
            "lists": {kind: asdict(it) for kind, it in self.reached.items()},
        }
        new = self._state.with_suffix(".new")
        with new.open("wb") as file:
            file.write(orjson.dumps(state))
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._state)


class _Refused(UpstreamFailed):
    """The very first page that was asked for in this run."""
