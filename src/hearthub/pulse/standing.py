"""How counters stood at the ends of months, kept so that few questions read daily rows.

The table `standing` has one file for each month that `counter` has rows of. It is of all months up
to it, and its partition says what it was made of, such as `2025-11.30.3fa9c0e1d2b4a698`: the month,
the last day that has a row, and a digest of the names of all files of `counter` up to that month.
Whoever reads compares that with the files there are now: what a late snapshot or a compaction has
made stale is not read, and daily rows are read in its place until it is made again.
"""

from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from hearthub.lake import DataFile, Lake, Session, Writing
from hearthub.pulse.statements import sql_text


@dataclass(frozen=True)
class Month:
    """A month that `counter` has rows of."""

    name: str
    """Such as 2025-11."""
    key: str
    """Of the files of `counter` up to it."""
    counters: tuple[DataFile, ...]
    standing: DataFile | None = None
    """None: it was not made, or of other files."""

    @property
    def last(self) -> date:
        """The last day with a row, of one with a standing."""
        if self.standing is None:
            raise ValueError(f"No standing is kept of {self.name}")
        return date.fromisoformat(f"{self.name}-{self.standing.partition.split('.')[1]}")


def months(session: Session) -> list[Month]:
    """All of them, the first first."""
    kept = {file.partition: file for file in session.files("standing")}
    by_key = {name.rpartition(".")[2]: file for name, file in kept.items()}
    counters: dict[str, list[DataFile]] = {}
    for file in session.files("counter"):
        counters.setdefault(file.partition, []).append(file)
    found, digest = [], sha256()
    for name in sorted(counters):
        digest.update("\n".join([name, *sorted(file.path for file in counters[name])]).encode())
        key = digest.hexdigest()[:16]
        found.append(Month(name, key, tuple(counters[name]), by_key.get(key)))
    return found


def keep_standings(lake: Lake) -> int:
    """Make what is missing or stale; how many months."""
    with lake.reading() as session:
        known = months(session)
        used = {month.standing for month in known}
        if None not in used and used == {*session.files("standing")}:
            return 0
    made = 0
    with lake.writing() as writing:
        known = months(writing.session)
        used = {month.standing for month in known}
        writing.forget("standing", [f for f in writing.session.files("standing") if f not in used])
        before: str | None = None
        for month in known:
            if month.standing is None:
                before = _make(writing, month, before)
                made += 1
            else:
                kept = writing.session.part("standing", [month.standing])
                before = f"select * from {kept}"  # noqa: S608
    return made


def _make(writing: Writing, month: Month, before: str | None) -> str:
    """Keep the month's standing; a SELECT of it."""
    session = writing.session
    table = f"standing_{month.name.replace('-', '_')}"
    counters = session.part("counter", month.counters)
    session.execute(
        sql_text(
            "standing",
            table=table,
            month=f"date '{month.name}-01'",
            counters=counters,
            before=before or "select * from standing where false",
        )
    )
    last = session.value(f'select max("at") from {counters}')  # noqa: S608
    select = f"select * from {table}"  # noqa: S608
    writing.keep("standing", f"{month.name}.{last:%d}.{month.key}", select)
    if before and before.startswith("select * from standing_"):
        session.execute(f"drop table {before.rpartition(' ')[2]}")
    return select
