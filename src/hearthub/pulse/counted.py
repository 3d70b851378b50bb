"""How the counters of every repo stood at a few moments.

A row of `counter` stands until the next one, so the value at the end of a day is that of the last
row up to it. Of a month whose standing is kept (standing.py) the last day costs one file; any other
day costs the daily rows of its month, and those since the last standing before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from hearthub.lake import DataFile, Session
from hearthub.pulse.days import Knot
from hearthub.pulse.standing import Month, months
from hearthub.pulse.statements import sql_text
from hearthub.pulse.window import DAY

FIELDS = {"d": "d_all", "l": "likes", "r": "d30", "m": "d_most", "t": "trending_most"}
"""The last of all-time downloads, likes, 30-day downloads; the highest of the first; of trending.
"""
_LAST = {"d": "d_all", "l": "likes", "r": "d30"}
_MOST = {"m": "d_all", "t": "trending"}

Wanted = dict[str, tuple[str, Knot]]
"""Name of a column to its field (d, l, r) and moment, such as `d_start: ("d", knot)`."""
Moment = tuple[date, str]
"""The end of a day, and a field."""


@dataclass
class _Plan:
    """Which standings and which daily rows tell of all moments."""

    months: Sequence[Month]
    standings: dict[str, set[str]] = field(default_factory=dict)
    """Name of a month to the fields that are read of its standing."""
    scans: dict[str, list[Moment]] = field(default_factory=dict)
    """Name of a month to the moments in it that its daily rows tell."""

    def place(self, moment: Moment) -> str:
        """How the joined pieces tell it, as SQL."""
        day, kind = moment
        upto = [month for month in self.months if month.name <= f"{day:%Y-%m}"]
        if not upto:
            return "null"
        last = upto[-1]
        if last.standing and last.last <= day:
            return self.stood(last, kind)
        scanned = f"scan_{last.name[:4]}_{last.name[5:]}.{_name(moment)}"
        self.scans.setdefault(last.name, []).append(moment)
        before = self.before(last.name)
        if not before:
            return scanned
        join = "greatest" if kind in _MOST else "coalesce"
        return f"{join}({scanned}, {self.stood(before, kind)})"

    def stood(self, month: Month, kind: str) -> str:
        self.standings.setdefault(month.name, set()).add(kind)
        return f"stood_{month.name[:4]}_{month.name[5:]}.{FIELDS[kind]}"

    def before(self, name: str) -> Month | None:
        """The newest month before that has a standing."""
        found = [month for month in self.months if month.name < name and month.standing]
        return found[-1] if found else None

    def files(self, name: str) -> list[DataFile]:
        """Of `counter`, since the standing before."""
        before = self.before(name)
        since = before.name if before else ""
        return [f for m in self.months if since < m.name <= name for f in m.counters]


def count(session: Session, wanted: Wanted, end: date, repos: str) -> None:
    """Make the temp table `valued`: repo_id, a double for each wanted column, and more.

    Those are `d_most` (the highest d_all of all) and `trending_most` (up to `end`). `repos` is a
    table of those repo_id that it is about; it has those of them that have any counter.
    """
    moments = {(day, field) for field, knot in wanted.values() for day, _ in knot}
    last = max([end, *(day for day, _ in moments)])
    moments |= {(last, "m"), (end, "t")}
    plan = _Plan(months(session))
    told = {moment: plan.place(moment) for moment in sorted(moments)}
    pieces = {}
    for name, kinds in plan.standings.items():
        month = next(month for month in plan.months if month.name == name)
        fields = ", ".join(FIELDS[kind] for kind in sorted(kinds))
        relation = session.part("standing", [month.standing] if month.standing else [])
        pieces[f"stood_{name[:4]}_{name[5:]}"] = f"(select repo_id, {fields} from {relation})"  # noqa: S608
    for name, some in plan.scans.items():
        table = f"scan_{name[:4]}_{name[5:]}"
        session.execute(
            sql_text(
                "counted",
                table=table,
                columns="".join(f", {_column(moment)}" for moment in sorted(some)),
                counters=session.part("counter", plan.files(name)),
                after=_midnight(max(day for day, _ in some)),
            )
        )
        pieces[table] = table
    columns = [f"{_weighed(field, knot, told)} as {name}" for name, (field, knot) in wanted.items()]
    session.execute(
        sql_text(
            "valued",
            repos=repos,
            joined="".join(f"\nleft join {what} {n} using (repo_id)" for n, what in pieces.items()),
            known=" or ".join(f"{name}.repo_id is not null" for name in pieces) or "false",
            columns="".join(f"{column}, " for column in columns),
            d_most=told[last, "m"],
            trending_most=told[end, "t"],
        )
    )
    for name in plan.scans:
        session.execute(f"drop table scan_{name[:4]}_{name[5:]}")


def _name(moment: Moment) -> str:
    day, kind = moment
    return f"{kind}_{day:%Y%m%d}"


def _midnight(day: date) -> str:
    return f"timestamp '{day + DAY}'"


def _column(moment: Moment) -> str:
    """The field of the last row up to the end of that day, or the highest of them."""
    day, kind = moment
    what = f"max({_MOST[kind]})" if kind in _MOST else f'arg_max({_LAST[kind]}, "at")'
    return f'{what} filter ("at" < {_midnight(day)}) as {_name(moment)}'


def _weighed(kind: str, knot: Knot, told: dict[Moment, str]) -> str:
    parts = [
        f"{told[day, kind]}::double" if weight == 1.0 else f"{weight!r}::double * {told[day, kind]}"
        for day, weight in knot
    ]
    return " + ".join(parts) or "null::double"
