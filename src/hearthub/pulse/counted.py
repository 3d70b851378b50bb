"""How the counters of every repo stood at a few moments: the one scan of the table `counter`.

A row of `counter` stands until the next one, so the value at the end of a day is that of the last
row up to it. The rows are cut in two at a day shortly before the window's end. Before it, where
nearly all rows are, at most two moments are wanted, which are cheap; after it all others.
"""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date, timedelta

from hearthub.lake import Session
from hearthub.pulse.days import Knot
from hearthub.pulse.statements import sql_text
from hearthub.pulse.window import DAY

FIELDS = {"d": "d_all", "l": "likes", "r": "d30"}
LATELY = timedelta(days=37)

Wanted = dict[str, tuple[str, Knot]]
"""Name of a column to its field (d, l, r) and moment, such as `d_start: ("d", knot)`."""


def count(session: Session, wanted: Wanted, end: date) -> None:
    """Make the temp table `valued`: repo_id, a double for each wanted column, and more.

    Those are `d_most` (the highest d_all of all) and `trending_most` (up to `end`).
    """
    moments = sorted({(day, field) for field, knot in wanted.values() for day, _ in knot})
    days = sorted({day for day, _ in moments})
    split = bisect_left(days, end - LATELY)
    joint = days[split] if split < len(days) else end
    last = max([end, *days])
    early = [moment for moment in moments if moment[0] <= joint]
    late = [moment for moment in moments if moment[0] > joint]
    fields = sorted({field for _, field in late})
    joints = [f'arg_max({FIELDS[field]}, "at") as {field}_joint' for field in fields]
    before, after = f'"at" < {_midnight(joint)}', f'"at" >= {_midnight(joint)}'
    _scan(session, "valued_early", [_last(*m) for m in early] + joints, before, end)
    _scan(
        session,
        "valued_late",
        [_last(*m) for m in late],
        f'{after} and "at" < {_midnight(last)}',
        end,
    )
    carried = [f"early.{_name(*m)}" for m in early]
    carried += [f"coalesce(late.{_name(*m)}, early.{m[1]}_joint) as {_name(*m)}" for m in late]
    columns = [f"{_weighed(field, knot)} as {name}" for name, (field, knot) in wanted.items()]
    session.execute(
        sql_text("valued", carried=", ".join(carried) or "1", columns=", ".join(columns))
    )
    session.execute("drop table valued_early")
    session.execute("drop table valued_late")


def _scan(session: Session, table: str, columns: Sequence[str], where: str, end: date) -> None:
    session.execute(
        sql_text(
            "counted",
            table=table,
            columns="".join(f"{column}, " for column in columns),
            where=where,
            after=_midnight(end),
        )
    )


def _name(day: date, field: str) -> str:
    return f"{field}_{day:%Y%m%d}"


def _midnight(day: date) -> str:
    return f"timestamp '{day + DAY}'"


def _last(day: date, field: str) -> str:
    """The field of the last row up to the end of that day."""
    return f'arg_max({FIELDS[field]}, "at") filter ("at" < {_midnight(day)}) as {_name(day, field)}'


def _weighed(field: str, knot: Knot) -> str:
    # A number as it is written would make decimals, which JSON has not.
    parts = [
        f"{_name(day, field)}::double"
        if weight == 1.0
        else f"{weight!r}::double * {_name(day, field)}"
        for day, weight in knot
    ]
    return " + ".join(parts) or "null::double"
