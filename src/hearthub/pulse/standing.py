"""How counters stood at the ends of months, kept so that few questions read daily rows.

The table `standing` has one file for each month that `counter` has rows of. It is of all months up
to it, and its partition says what it was made of, such as `2025-11.30.3fa9c0e1d2b4a698`: the month,
the last day that has a row, and a digest of the names of all files of `counter` up to that month.
Whoever reads compares that with the files there are now: what a late snapshot or a compaction has
made stale is not read, and daily rows are read in its place until it is made again.

Beside it, under the same name, `scored` has the month's scores of the repos that ever had one above
nothing: those few, among whose rows alone the list of what trends is found.
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
    scored: DataFile | None = None
    """None: likewise."""

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
    scored = {file.partition: file for file in session.files("scored")}
    counters: dict[str, list[DataFile]] = {}
    for file in session.files("counter"):
        counters.setdefault(file.partition, []).append(file)
    found, digest = [], sha256()
    for name in sorted(counters):
        digest.update("\n".join([name, *sorted(file.path for file in counters[name])]).encode())
        key = digest.hexdigest()[:16]
        found.append(Month(name, key, tuple(counters[name]), by_key.get(key), scored.get(key)))
    return found


def keep_standings(lake: Lake) -> int:
    """Make what is missing or stale; how many months."""
    with lake.reading() as session:
        if not any(_stale(session).values()) and all(
            month.standing and month.scored for month in months(session)
        ):
            return 0
    made = 0
    with lake.writing() as writing:
        for table, files in _stale(writing.session).items():
            writing.forget(table, files)
        select: str | None = None
        for month in months(writing.session):
            made += not (month.standing and month.scored)
            if month.standing is None:
                select = _make(writing, month, select)
            else:
                kept = writing.session.part("standing", [month.standing])
                select = f"select * from {kept}"  # noqa: S608
            if month.scored is None:
                counters = writing.session.part("counter", month.counters)
                scored = sql_text("scored", counters=counters, standing=select)
                writing.keep("scored", month.key, scored)
    return made


def scored_until(session: Session, last: date) -> str | None:
    """A relation of all scores that matter up to a day; None where some are not kept."""
    some = [month.scored for month in months(session) if month.name <= f"{last:%Y-%m}"]
    files = [file for file in some if file]
    return session.part("scored", files) if len(files) == len(some) else None


def _stale(session: Session) -> dict[str, list[DataFile]]:
    """Files of each kept table that were made of other files."""
    known = months(session)
    used = {file for month in known for file in (month.standing, month.scored)}
    return {
        table: [file for file in session.files(table) if file not in used]
        for table in ("standing", "scored")
    }


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
