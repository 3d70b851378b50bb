"""Downloads of every repo in each calendar month of the window, from how it stood at their ends."""

from typing import TYPE_CHECKING

from hearthub.errors import BadRequest
from hearthub.pulse.counted import Wanted
from hearthub.pulse.framing import stood_at
from hearthub.pulse.statements import sql_text
from hearthub.pulse.window import DAY, Window

if TYPE_CHECKING:
    from hearthub.lake import Row
    from hearthub.pulse.frame import Frame

MONTH = "month"
"""What metrics are asked by for each month."""
MOST = 36


def make_months(frame: "Frame") -> list[Window]:
    """The temp table `by_month`: repo_id of `u` and `gained_0`, `gained_1`, ...; the months."""

    def made() -> list[Window]:
        months = list(frame.window.months())
        if len(months) > MOST:
            raise BadRequest(f"At most {MOST} months are told apart, not {len(months)}")
        wanted: Wanted = {"at_0": ("d", frame.days.knot(frame.window.start - DAY))}
        for index, month in enumerate(months, start=1):
            wanted[f"at_{index}"] = ("d", frame.days.knot(month.end))
        gained = ", ".join(
            f"case when at_{i + 1} is null then null "
            f"when at_{i} is not null then greatest(at_{i + 1} - at_{i}, 0) "
            f"when created_at >= timestamp '{month.start}' then at_{i + 1} end as gained_{i}"
            for i, month in enumerate(months)
        )
        frame.session.execute(sql_text("by_month", gained=gained, stood=stood_at(frame, wanted)))
        frame.session.execute("drop table if exists valued")
        return months

    found: list[Window] = frame.kept("months", made)
    return found


def summed_months(frame: "Frame", by: str) -> list[tuple[Window, list["Row"]]]:
    """Each month with rows of dimension, downloads, known and n, the most downloaded first."""
    months = make_months(frame)
    sums = ", ".join(
        f"sum(gained_{i}) as downloads_{i}, count(gained_{i}) as known_{i}"
        for i in range(len(months))
    )
    rows = frame.rows("months_by", by=by, sums=sums)
    found = []
    for index, month in enumerate(months):
        told = [
            {
                "dimension": str(row["dimension"]),
                "downloads": row[f"downloads_{index}"],
                "known": row[f"known_{index}"],
                "n": row["n"],
            }
            for row in rows
        ]
        told.sort(key=lambda row: (-(row["downloads"] or 0.0), row["dimension"]))
        found.append((month, told))
    return found
