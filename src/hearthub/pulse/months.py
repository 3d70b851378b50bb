"""Downloads of every repo in each calendar month of the window: one more scan of the counters."""

from typing import TYPE_CHECKING

from hearthub.errors import BadRequest
from hearthub.pulse.counted import Wanted, count
from hearthub.pulse.statements import sql_text
from hearthub.pulse.window import DAY, Window

if TYPE_CHECKING:
    from hearthub.pulse.frame import Frame

MOST = 36


def make_months(frame: "Frame") -> list[Window]:
    """The temp table `by_month`: the columns of `u` and `gained_0`, `gained_1`, ...; the months."""

    def made() -> list[Window]:
        months = list(frame.window.months())
        if len(months) > MOST:
            raise BadRequest(f"At most {MOST} months are told apart, not {len(months)}")
        wanted: Wanted = {"at_0": ("d", frame.days.knot(frame.window.start - DAY))}
        for index, month in enumerate(months, start=1):
            wanted[f"at_{index}"] = ("d", frame.days.knot(month.end))
        count(frame.session, wanted, frame.window.end)
        gained = ", ".join(
            f"case when at_{i + 1} is null then null "
            f"when at_{i} is not null then greatest(at_{i + 1} - at_{i}, 0) "
            f"when created_at >= timestamp '{month.start}' then at_{i + 1} end as gained_{i}"
            for i, month in enumerate(months)
        )
        frame.session.execute(sql_text("by_month", gained=gained))
        frame.session.execute("drop table valued")
        return months

    found: list[Window] = frame.kept("months", made)
    return found
