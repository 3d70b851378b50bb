"""Who downloads from this hub itself: people, and machines that build."""

from datetime import date

from hearthub.catalogue import FEWEST
from hearthub.lake import Row
from hearthub.pulse.frame import DIMENSIONS, Frame, by_column
from hearthub.pulse.metric import Figure, Metric
from hearthub.pulse.universe import OWN
from hearthub.pulse.window import Window

LISTED = 50
"""Repos that a list has."""
DAY, REPO = "day", "repo"
_ALL = 1_000_000


def _rows(frame: Frame, by: str | None, order: str) -> list[Row]:
    columns = {DAY: "o.day::varchar", REPO: "u.id"}
    most = LISTED if by == REPO else _ALL
    column = columns.get(by or "") or by_column(by)
    rows = frame.rows("own_loaded", by=column, order=order, few=FEWEST - 1, most=most)
    # Without anything to group by there is a row of nothing.
    found = [row for row in rows if row["repos"]]
    return sorted(found, key=lambda row: str(row["dimension"])) if by == DAY else found


def _window(row: Row, by: str | None) -> Window | None:
    if by != DAY:
        return None
    day = date.fromisoformat(row["dimension"])
    return Window(day, day)


def _name(row: Row, by: str | None) -> str | None:
    return str(row["dimension"]) if by and by != DAY else None


def _people(frame: Frame, by: str | None) -> list[Figure]:
    figures = []
    for row in _rows(frame, by, "people"):
        known, people = int(row["known"]), int(row["people"] or 0)
        value = people if known else None
        coverage = known / row["loaded"] if row["loaded"] else None
        high = people + int(row["more"])
        figures.append(
            Figure(value, value, None, people, high, known, coverage, _name(row, by),
                   _window(row, by))
        )  # fmt: skip
    return figures or [Figure(None, coverage=0.0)]


def _machines(frame: Frame, by: str | None) -> list[Figure]:
    return [
        Figure(
            row["ci_downloads"] / row["downloads"] if row["downloads"] else None,
            row["ci_downloads"], row["downloads"], n=int(row["repos"]), coverage=1.0,
            dimension=_name(row, by), window=_window(row, by),
        )
        for row in _rows(frame, by, "ci_downloads")
    ] or [Figure(None, coverage=0.0)]  # fmt: skip


_ABOUT = (
    "Of days that are over, in UTC. Other sources do not tell it: no value there. "
    "Repos that are not public now are left out"
)
METRICS = (
    Metric(
        id="unique_downloaders",
        definition="Downloaders a day: those of each repo and day, added up over the window",
        unit="downloaders a day, summed",
        numerator="callers told apart by the salted hash of a day, on days with 5 or more",
        denominator="none",
        edge_cases="A day on which a repo had fewer than 5 is unknown, not nought: it adds nothing "
        "to the value and the lower bound and at most 4 to the upper one, and lowers the coverage "
        "(days that are known, of the days with downloads). No value where no day is known. Who "
        "comes on two days, or loads two repos, counts twice: the salt goes with the day. Machines "
        "that build count as callers. " + _ABOUT,
        reference="own definition",
        compute=_people,
        types=("model", "dataset"),
        dimensions=(DAY, REPO, *DIMENSIONS),
        source=OWN,
    ),
    Metric(
        id="share_ci",
        definition="Share of the downloads that were made by machines that build and test",
        unit="share",
        numerator="downloads by user agents of build machines",
        denominator="downloads in the window",
        edge_cases="By what the user agent says of itself: a machine that does not say so counts "
        "as a person. No value where nothing was downloaded. " + _ABOUT,
        reference="own definition; `is_ci` in the user agent of huggingface_hub",
        compute=_machines,
        types=("model", "dataset"),
        dimensions=(DAY, REPO, *DIMENSIONS),
        source=OWN,
    ),
)
