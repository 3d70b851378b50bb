"""The two histories of a repo, counters and description: which rows a snapshot adds to each.

Both are written on change. Where snapshots come in order, a row is compared with the newest one
that stands. A late one may part two observations that were equal, of which only the first has a
row: the second is then said again. When it was made follows from `seen`, and from `presence` at the
times of whole captures (schema.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hearthub.lake import Session
from hearthub.pulse.schema import STATE
from hearthub.pulse.sources.incoming import Incoming
from hearthub.pulse.sources.reading import literal
from hearthub.pulse.staging import COUNTER_DIGEST, DESCRIBED, state_digest
from hearthub.pulse.statements import sql_text


@dataclass(frozen=True)
class Stream:
    table: str
    digest: str
    """Of a row that is stored."""
    told: str
    """The column of `obs` that has the same of what came."""
    said: str
    """The flag of captures that tell it."""
    nothing: str
    """The digest of a row that says nothing."""

    def rows(self, file: Path) -> str:
        if self.table == "counter":
            return sql_text("counter_rows")
        return sql_text(
            "state_rows",
            file=literal(str(file)),
            told=", ".join(f"s.{name}" for name in (*DESCRIBED, "digest")),
            stood=", ".join(f"s.{name}" for name in DESCRIBED)
            + f", coalesce(s.digest, {NOTHING_DESCRIBED}) as digest",
        )


def _of_nothing(digest: str, columns: tuple[tuple[str, str], ...]) -> str:
    nulls = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in columns)
    return f"(select {digest} from (select {nulls}))"  # noqa: S608


_COUNTED = (("d30", "bigint"), ("d_all", "bigint"), ("likes", "bigint"), ("trending", "double"))
_DESCRIBED = tuple(column for column in STATE.columns if column[0] in DESCRIBED)
NOTHING_DESCRIBED = _of_nothing(f"cast({state_digest()} as bigint)", _DESCRIBED)
COUNTED = Stream(
    "counter",
    COUNTER_DIGEST,
    "counter_digest",
    "is_counted",
    _of_nothing(COUNTER_DIGEST, _COUNTED),
)
DESCRIPTION = Stream("state", "digest", "state_digest", "is_described", NOTHING_DESCRIBED)


def told_by(incoming: Incoming) -> Iterator[Stream]:
    if incoming.is_counted:
        yield COUNTED
    if incoming.is_described:
        yield DESCRIPTION


def changes(session: Session, stream: Stream, source: str) -> tuple[int, int]:
    """Leaves the table `STREAM_changes`; how many observations contradict one of the same time,
    and the line of the first of them."""
    session.execute(
        "create or replace temp table told as "  # noqa: S608
        f'select repo_id, type, "at", line, {stream.told} as digest from obs'
    )
    bounds = session.one('select min("at") as low, max("at") as high from told')
    if bounds["low"] is None:
        bounds = {"low": _NEVER, "high": _NEVER}
    session.execute(sql_text("near", stream=stream.table, digest=stream.digest), **bounds)
    session.execute(
        'create or replace temp table fills (repo_id bigint, "at" timestamp, digest '
        + ("ubigint" if stream is COUNTED else "bigint")
        + ", from_at timestamp)"
    )
    is_late = session.value(
        'select count(*) from capture where source = $source and "at" >= $low',
        source=source,
        low=bounds["low"],
    )
    conflicts = _place_late(session, stream) if is_late else (0, 0)
    session.execute(sql_text("changes", stream=stream.table, nothing=stream.nothing))
    return conflicts


def _place_late(session: Session, stream: Stream) -> tuple[int, int]:
    session.execute(sql_text("placed"))
    session.execute(sql_text("tied", said=stream.said))
    found = session.one(
        "select count(*) as n, coalesce(min(line), 0) as line "  # noqa: S608
        "from placed semi join tied using (line) "
        f"where digest <> coalesce(old_digest, {stream.nothing})"
    )
    session.execute(sql_text("fills", said=stream.said, nothing=stream.nothing))
    session.execute("delete from told where line in (select line from tied)")
    return int(found["n"]), int(found["line"])


_NEVER = "1970-01-01"
