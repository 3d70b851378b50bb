"""This hub itself, as far as it is public now: what is there, and how its counters stood each day.

Two observations each time. `OwnNow` is the whole list of public repos, with states and counters as
of now. `OwnDays` are the counters at the end of each day that is over, where they changed then; of
a repo that was not known to be public before, since its first day. Of likes there is no more than
those that are left, by the day they came.

Lines of JSON in a folder (`own_files`), a few repos in memory at a time:

    model.ndjson dataset.ndjson space.ndjson    as another hub would list them (spool.py)
    counters.ndjson                             at the end of a day
    days.ndjson                                 of a day: downloads, by machines, by how many people
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import IO, Any

import orjson

from hearthub.catalogue import FEWEST, Catalogue, Counters, Facts
from hearthub.clock import iso
from hearthub.community import Community
from hearthub.lake import Lake, Session
from hearthub.pulse.sources.incoming import Incoming, Options, select_incoming
from hearthub.pulse.sources.own_series import WINDOW, changes
from hearthub.pulse.sources.reading import literal
from hearthub.pulse.sources.spool import FORMERLY, TYPES, Spooled, digest, line, make_incoming
from hearthub.pulse.statements import sql_text
from hearthub.registry import Registry, Repo

KIND = SOURCE = "own"
ATTRIBUTION = "this hub"
FEW = 50  # repos at a time: each may have a card of megabytes
EVER = -1_000_000  # days since 1970
LAST_SECOND = time(23, 59, 59)
_COUNTERS = {
    "type": "varchar",
    "id": "varchar",
    "created_at": "timestamp",
    "observed_at": "timestamp",
    "downloads_30d": "bigint",
    "downloads_all": "bigint",
    "likes": "bigint",
    "trending": "double",
}
_DAYS = (
    "'type': 'varchar', 'id': 'varchar', 'day': 'date', 'downloads': 'bigint', "
    "'ci_downloads': 'bigint', 'downloaders': 'bigint'"
)


@dataclass(frozen=True)
class Known:
    """What the lake has of this hub: the last day whose counters it was told, and its repos that
    are there, as (type, id)."""

    last_day: int
    repos: frozenset[tuple[str, str]]
    ever: Mapping[tuple[str, str], tuple[str, datetime]] = field(default_factory=dict)
    """All that were ever public, by (type, name in lower case): the name, and until when."""

    def newest(self, kind: str, names: Iterable[str]) -> str | None:
        """Of former names the one that was public here last: the others are nobody's business."""
        found = [self.ever[kind, name] for name in names if (kind, name) in self.ever]
        return max(found, key=lambda it: it[1])[0] if found else None


class Own:
    def __init__(self, registry: Registry, catalogue: Catalogue, community: Community) -> None:
        self.registry, self.catalogue, self.community = registry, catalogue, community

    def write(self, folder: Path, known: Known, now: datetime) -> "OwnFiles":
        """Files of all that is public now."""
        last = self.catalogue.downloads.last_closed()
        files = OwnFiles(folder, now, last, last > known.last_day)
        with ExitStack() as stack:
            lists = {kind: stack.enter_context(files.list(kind).open("wb")) for kind in TYPES}
            counters = stack.enter_context(files.counters.open("wb"))
            days = stack.enter_context(files.days.open("wb"))
            number = 0
            for repos in self.public():
                number = self._list(lists, repos, number, known)
                for after, some in _by_known(repos, known):
                    self._tell_days(counters, days, some, after, last)
        return files

    def public(self) -> Iterator[list[Repo]]:
        for some in self.registry.all_repos():
            repos = [it for it, _ in some if it.type in TYPES and not it.is_private]
            for start in range(0, len(repos), FEW):
                yield repos[start : start + FEW]

    def gone(self, known: frozenset[tuple[str, str]]) -> list[tuple[str, str]]:
        """Of repos (type, id) those that are not public any more."""
        gone = set(known)
        for repos in self.public():
            gone -= {(repo.type, repo.full_name) for repo in repos}
        return sorted(gone)

    def mark_gone(self, session: Session) -> None:
        """Fill the table `withdrawn` of the session (framing.py)."""
        gone = self.gone(known_of(session).repos)
        session.execute(
            "insert into withdrawn select repo_id from repo where source = 'own' "
            "and (type, id) in (select unnest($types::varchar[]), unnest($ids::varchar[]))",
            types=[kind for kind, _ in gone],
            ids=[name for _, name in gone],
        )

    def _list(
        self, lists: Mapping[str, IO[bytes]], repos: list[Repo], number: int, known: Known
    ) -> int:
        former = self.registry.former_names([repo.id for repo in repos])
        facts, counted = self.catalogue.facts_of(repos), self.catalogue.counted(repos)
        for place, repo in enumerate(repos, number):
            row = _row(repo, facts[repo.id], counted[repo.id])
            row[FORMERLY] = known.newest(repo.type, former.get(repo.id, ()))
            lists[repo.type].write(line(place, repo.type, row, (FORMERLY,)))
        return number + len(repos)

    def _tell_days(
        self,
        counters: IO[bytes],
        days: IO[bytes],
        repos: Sequence[Repo],
        after: int,
        last: int,
    ) -> None:
        ids = [repo.id for repo in repos]
        first = after - WINDOW
        downloads: dict[int, dict[int, int]] = {}
        names = {repo.id: {"type": repo.type, "id": repo.full_name} for repo in repos}
        for it in self.catalogue.downloads.days(ids, first, last):
            downloads.setdefault(it.repo_id, {})[it.day] = it.downloads
            if it.day > after:
                people = it.downloaders or 0
                told = {
                    "day": _date(it.day),
                    "downloads": it.downloads,
                    "ci_downloads": it.by_machines,
                    "downloaders": people if people >= FEWEST else None,
                }
                days.write(_json(names[it.repo_id] | told))
        before, likes = self.catalogue.downloads.before(ids, first), self.community.like_days(ids)
        for repo in repos:
            born = repo.created // 86_400_000
            found = changes(
                downloads.get(repo.id, {}),
                likes.get(repo.id, {}),
                before.get(repo.id, 0),
                born,
                after,
                last,
            )
            has_downloads = repo.type != "space"  # as hubs have it
            for day, d30, d_all, liked, trending in found:
                told = {
                    "created_at": iso(repo.created),
                    "observed_at": end_of(day).isoformat(),
                    "downloads_30d": d30 if has_downloads else None,
                    "downloads_all": d_all if has_downloads else None,
                    "likes": liked,
                    "trending": trending,
                }
                counters.write(_json(names[repo.id] | told))


@dataclass(frozen=True)
class OwnFiles:
    folder: Path
    now: datetime
    last_day: int
    is_later: bool
    """Whether a day has ended since the last time."""

    @property
    def has_days(self) -> bool:
        return self.is_later or self.counters.stat().st_size > 0

    @property
    def counters(self) -> Path:
        return self.folder / "counters.ndjson"

    @property
    def days(self) -> Path:
        return self.folder / "days.ndjson"

    def list(self, kind: str) -> Path:
        return self.folder / f"{kind}.ndjson"


class OwnNow:
    def __init__(self, files: OwnFiles) -> None:
        self.files = files

    def prepare(self, session: Session, options: Options) -> Incoming:
        parts = [Spooled(kind, self.files.list(kind), self.files.now) for kind in TYPES]
        return Incoming(
            source=SOURCE,
            kind=KIND,
            type=None,
            digest=digest(parts),
            told=make_incoming(session, parts, has_former_names=True),
            is_whole=True,
            is_certain=True,
            looked_at=tuple((part.type, part.observed_at) for part in parts),
            attribution=ATTRIBUTION,
        )


class OwnDays:
    def __init__(self, files: OwnFiles) -> None:
        self.files = files

    def prepare(self, session: Session, options: Options) -> Incoming:
        path, at = self.files.counters, end_of(self.files.last_day)
        columns = ", ".join(f"'{name}': '{kind}'" for name, kind in _COUNTERS.items())
        rows = _read(path, columns)
        told = {name: f'"{name}"' for name in _COUNTERS}
        session.execute(f"create temp view incoming as {select_incoming(told, rows)}")
        return Incoming(
            source=SOURCE,
            kind=KIND,
            type=None,
            digest=digest([Spooled("counters", path, at)]),
            told=frozenset(told),
            looked_at=tuple((kind, at) for kind in TYPES),
            attribution=ATTRIBUTION,
        )


class OwnGone:
    """Repos that are not public any more."""

    def __init__(self, gone: Sequence[tuple[str, str]], now: datetime) -> None:
        self.gone, self.now = gone, now

    def prepare(self, session: Session, options: Options) -> Incoming:
        path = session.scratch / "gone.ndjson"
        path.write_bytes(b"".join(_json({"type": kind, "id": name}) for kind, name in self.gone))
        told = {
            "type": "type",
            "id": "id",
            "observed_at": f"timestamp {literal(str(self.now))}",
            "removed": "true",
        }
        rows = _read(path, "'type': 'varchar', 'id': 'varchar'")
        session.execute(f"create temp table incoming as {select_incoming(told, rows)}")
        return Incoming(
            source=SOURCE,
            kind=KIND,
            type=None,
            digest=digest([Spooled("gone", path, self.now)]),
            told=frozenset(told),
            attribution=ATTRIBUTION,
        )


def known_of(session: Session) -> Known:
    last = session.value(
        "select max(\"at\")::date from capture where source = 'own' and is_counted and not is_whole"
    )
    found = session.rows("select type, id, removed_at from repo where source = 'own'")
    day = (last - date(1970, 1, 1)).days if last else EVER
    there = frozenset((row["type"], row["id"]) for row in found if row["removed_at"] is None)
    ever = {
        (row["type"], row["id"].lower()): (row["id"], row["removed_at"] or datetime.max)
        for row in found
    }
    return Known(day, there, ever)


def add_days(lake: Lake, files: OwnFiles) -> None:
    """The rows of `own_day` that are not there yet."""
    with lake.writing((files.folder,)) as writing:
        writing.session.execute(sql_text("repo_key"))
        writing.append("own_day", sql_text("own_days", rows=_read(files.days, _DAYS)))


def end_of(day: int) -> datetime:
    """The last second of a day since 1970: UTC without a zone."""
    return datetime.combine(date(1970, 1, 1) + timedelta(days=day), LAST_SECOND)


def _date(day: int) -> str:
    return end_of(day).date().isoformat()


def _by_known(repos: Sequence[Repo], known: Known) -> Iterator[tuple[int, list[Repo]]]:
    """After which day each is to be told of."""
    old = [repo for repo in repos if (repo.type, repo.full_name) in known.repos]
    new = [repo for repo in repos if (repo.type, repo.full_name) not in known.repos]
    yield from ((day, some) for day, some in ((known.last_day, old), (EVER, new)) if some)


def _row(repo: Repo, facts: Facts, counted: Counters) -> dict[str, Any]:
    """As the API has it."""
    bases = [{"id": name} for name in facts.base_models]
    return {
        "id": repo.full_name,
        "author": repo.namespace,
        "createdAt": iso(repo.created),
        "lastModified": iso(repo.modified),
        "likes": counted.likes,
        "trendingScore": counted.trending,
        "downloads": counted.downloads,
        "downloadsAllTime": counted.downloads_all,
        "gated": repo.gated or "false",
        "tags": facts.tags,
        "pipeline_tag": facts.pipeline_tag,
        "library_name": facts.library,
        "safetensors": facts.safetensors,
        "gguf": facts.gguf,
        "baseModels": {"relation": facts.relation, "models": bases} if bases else None,
        "sdk": repo.sdk,
    }


def _read(path: Path, columns: str) -> str:
    return f"read_json({literal(str(path))}, format = 'newline_delimited', columns = {{{columns}}})"


def _json(row: dict[str, Any]) -> bytes:
    return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
