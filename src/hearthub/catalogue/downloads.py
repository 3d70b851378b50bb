"""Counting downloads by the Hub's rules: noted in memory by the request, written in batches.

Models: each GET or HEAD of the repo's query file, which is the first of `QUERY_FILES` that lies at
its root, and of every `.gguf`. Everything else: any file, but the requests of one address to one
repo within five minutes are one download.

Of each day it is also kept how many were by build machines, and by how many addresses. No address
is stored: hashes with the day's salt are, and both go when the day is over (audience.py).
"""

import hashlib
import logging
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import NamedTuple

from hearthub.catalogue.audience import Audience, is_build_machine
from hearthub.clock import now_ms
from hearthub.db import Database, DatabaseError, batches
from hearthub.errors import HearthubError
from hearthub.registry import Registry

DAY_MS = 86_400_000
WINDOW_DAYS = 30
LATE_MS = 5 * 60_000
"""So long after midnight the last downloads of the day before may be written yet."""
ONE_DOWNLOAD_MS = 5 * 60_000
QUERY_FILES = (
    "model_index.json",  # diffusers
    "adapter_config.json",  # adapters
    "config.json",
    "config.yaml",
    "hyperparams.yaml",
    "params.json",
    "meta.yaml",
)
"""What a library asks for first; the special ones come first, because a repo may have both."""

MAX_NOTES = 100_000
MAX_CALLERS = 200_000

_ANY = ""  # in place of the file's name: counts whatever it was
_CANDIDATES = frozenset(QUERY_FILES)

log = logging.getLogger(__name__)


@dataclass
class _Note:
    """Requests of one file of a repo on a day."""

    requests: int = 0
    by_machines: int = 0
    callers: set[bytes] = field(default_factory=set)

    def add(self, other: "_Note") -> None:
        self.requests += other.requests
        self.by_machines += other.by_machines
        self.callers |= other.callers


class DownloadDay(NamedTuple):
    """`day` since 1970; `downloads`, of them those `by_machines`; `downloaders` by how many
    addresses, None while it is not known."""

    repo_id: int
    day: int
    downloads: int
    by_machines: int
    downloaders: int | None


_Key = tuple[int, int, str]
"""Repo id, day since 1970, name of the file."""


class Downloads:
    """`note` is called by the event loop, `flush` by a thread; each keeps the other waiting for
    less than a microsecond.

    `files_of(repo id)` tells the names at the root of a repo's main branch; an empty set for a repo
    that is gone. `clock` tells the time in ms.
    """

    def __init__(
        self,
        db: Database,
        files_of: Callable[[int], set[str]],
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self._db, self._files_of, self._clock = db, files_of, clock
        self._salt = secrets.token_bytes(16)  # of this process: addresses cannot be told from it
        self._notes: dict[_Key, _Note] = {}
        self._audience = Audience(db)
        self._callers: dict[bytes, int] = {}  # hash: when its five minutes end, oldest first
        self._lock = Lock()

    def note(self, repo_id: int, repo_type: str, path: str, caller: str, agent: str = "") -> None:
        """A file was asked for, and given. `caller` is an address, `agent` what the client calls
        itself. Never waits, never raises."""
        if repo_type != "model":
            if self._is_same_download(repo_id, caller):
                return
            name = _ANY
        elif path in _CANDIDATES:
            name = path
        elif path.endswith(".gguf"):
            name = _ANY
        else:
            return
        day = self._clock() // DAY_MS
        with self._lock:
            note = self._notes.get((repo_id, day, name))
            if note is None:
                if len(self._notes) >= MAX_NOTES:
                    return
                note = self._notes[repo_id, day, name] = _Note()
            note.requests += 1
            note.by_machines += is_build_machine(agent)
            if len(note.callers) < MAX_CALLERS:
                note.callers.add(self._audience.hashed(day, caller))

    def flush(self) -> dict[int, int]:
        """Write what was noted, in one transaction; the new downloads by repo id.

        Notes are kept for the next time when the database does not take them, or a disk is away.
        """
        with self._lock:
            notes, self._notes = self._notes, {}
        try:
            increments = self._write(self._counted(notes)) if notes else {}
        except (DatabaseError, OSError) as error:
            requests = sum(note.requests for note in notes.values())
            log.warning("%d downloads could not be written yet: %s", requests, error)
            with self._lock:
                for key, note in notes.items():
                    self._notes.setdefault(key, _Note()).add(note)
            return {}
        try:
            # After the last of yesterday's were written, so that they are counted with their day.
            self._audience.close_days(self._clock() // DAY_MS)
        except (DatabaseError, OSError) as error:
            log.warning("the day before could not be closed yet: %s", error)
        return increments

    def totals(self, repo_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
        """Downloads of the last 30 days, and of all time, by repo id."""
        found = dict.fromkeys(repo_ids, (0, 0))
        for ids in batches(found):
            for row in self._db.all(
                """select repo_id, sum(case when day > :before then downloads else 0 end) as recent,
                sum(downloads) as ever
                from download_day where repo_id in (:ids) group by repo_id""",
                before=self._clock() // DAY_MS - WINDOW_DAYS,
                ids=ids,
            ):
                found[row.repo_id] = (int(row.recent), int(row.ever))
        return found

    def last_closed(self) -> int:
        """The last day, since 1970, whose figures stay as they are."""
        today = (self._clock() - LATE_MS) // DAY_MS
        return min(today, self._audience.first_open() or today) - 1

    def before(self, repo_ids: Sequence[int], day: int) -> dict[int, int]:
        """Downloads of all days up to `day`, since 1970, by repo id."""
        return {
            row.repo_id: int(row.ever)
            for ids in batches(repo_ids)
            for row in self._db.all(
                "select repo_id, sum(downloads) as ever from download_day "
                "where repo_id in (:ids) and day <= :day group by repo_id",
                ids=ids,
                day=day,
            )
        }

    def days(self, repo_ids: Sequence[int], after: int, last: int) -> list[DownloadDay]:
        """What was downloaded on the days after `after` until `last`; of few repos at a time."""
        return [
            DownloadDay(*row)
            for ids in batches(repo_ids)
            for row in self._db.all(
                "select repo_id, day, downloads, by_machines, downloaders from download_day "
                "where repo_id in (:ids) and day > :after and day <= :last order by repo_id, day",
                ids=ids,
                after=after,
                last=last,
            )
        ]

    def _is_same_download(self, repo_id: int, caller: str) -> bool:
        """Whether this address asked this repo for something in the last five minutes."""
        now, callers = self._clock(), self._callers
        text = f"{repo_id} {caller}".encode(errors="replace")
        key = hashlib.blake2b(text, digest_size=8, key=self._salt).digest()
        with self._lock:
            if callers.get(key, 0) > now:
                return True
            callers.pop(key, None)
            # In the order they came, so the first is the next to end; two a call keep up.
            for old in [old for old, _ in zip(callers, range(2), strict=False)]:
                if callers[old] <= now or len(callers) >= MAX_CALLERS:
                    del callers[old]
            callers[key] = now + ONE_DOWNLOAD_MS
        return False

    def _counted(self, notes: dict[_Key, _Note]) -> dict[tuple[int, int], _Note]:
        """Of all notes those that are downloads, by (repo id, day)."""
        counted: dict[tuple[int, int], _Note] = {}
        query_files: dict[int, str | None] = {}
        for (repo_id, day, name), note in notes.items():
            if name != _ANY:
                if repo_id not in query_files:
                    query_files[repo_id] = query_file(self._files_of(repo_id))
                if name != query_files[repo_id]:
                    continue
            counted.setdefault((repo_id, day), _Note()).add(note)
        return counted

    def _write(self, counted: dict[tuple[int, int], _Note]) -> dict[int, int]:
        if not counted:
            return {}
        increments: Counter[int] = Counter()
        with self._db.transaction():
            alive = self._alive({repo_id for repo_id, _ in counted})
            kept = {key: note for key, note in counted.items() if key[0] in alive}
            self._db.execute_many(
                """insert into download_day (repo_id, day, downloads, by_machines)
                values (:repo, :day, :count, :machines)
                on conflict (repo_id, day) do update
                set downloads = download_day.downloads + excluded.downloads,
                by_machines = download_day.by_machines + excluded.by_machines""",
                [
                    {
                        "repo": repo_id,
                        "day": day,
                        "count": note.requests,
                        "machines": note.by_machines,
                    }
                    for (repo_id, day), note in kept.items()
                ],
            )
            self._audience.add((*key, note.callers) for key, note in kept.items())
        for (repo_id, _), note in kept.items():
            increments[repo_id] += note.requests
        return dict(increments)

    def _alive(self, repo_ids: Iterable[int]) -> set[int]:
        return {
            row.id
            for ids in batches(repo_ids)
            for row in self._db.all("select id from repo where id in (:ids)", ids=ids)
        }


def query_file(names: set[str]) -> str | None:
    """The file whose requests are a model's downloads, of the names at the root of its repo."""
    return next((name for name in QUERY_FILES if name in names), None)


def root_files(registry: Registry) -> Callable[[int], set[str]]:
    """`files_of` for `Downloads`: of the files that matter, those at the head of main."""

    def files_of(repo_id: int) -> set[str]:
        repo = registry.by_id(repo_id)
        try:
            found = registry.paths(repo, registry.head(repo), QUERY_FILES) if repo else []
        except HearthubError as error:  # deleted just now, or damaged: others' count goes on
            log.warning("downloads of repo %d are not counted: %s", repo_id, error)
            return set()
        return {entry.path for entry in found if entry.is_file}

    return files_of
