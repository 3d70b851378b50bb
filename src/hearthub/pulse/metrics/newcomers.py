"""Who came to the list of what is trending, and who is back."""

from hearthub.pulse.frame import Frame
from hearthub.pulse.lineage import make_lineage
from hearthub.pulse.listing import TOP, make_stays
from hearthub.pulse.metric import Figure, Metric, untold
from hearthub.pulse.told import ONE_LOOK

LISTED = 100
QUANTS = "day-one quants"


def _newcomers(frame: Frame, by: str | None) -> list[Figure]:
    make_stays(frame)
    make_lineage(frame)
    entries = frame.rows("newcomers")
    new = {row["id"] for row in entries if row["is_new"]}
    again = {row["id"] for row in entries} - new
    quants = frame.rows("day_one_quants")
    if by == "repo":
        figures = [_one(f"new / {id_}") for id_ in sorted(new)]
        figures += [_one(f"again / {id_}") for id_ in sorted(again)]
        figures += [_one(f"{QUANTS} / {row['id']}", row["quants"]) for row in quants]
        return figures[: 3 * LISTED]
    born = int(frame.rows("born_in_window")[0]["n"])
    looks = frame.days.live[1:]
    count = len(new) + len(again)
    figures = [
        Figure(len(new), len(new), count, n=count, dimension="new"),
        Figure(len(again), len(again), count, n=count, dimension="again"),
        Figure(len(quants), len(quants), born, n=born, coverage=1.0, dimension=QUANTS),
    ]
    if not any(frame.window.start <= day <= frame.window.end for day in looks):
        figures[:2] = [untold(ONE_LOOK, "new"), untold(ONE_LOOK, "again")]
    if reason := frame.why_not("dates of creation", "base models"):
        figures[2] = untold(reason, QUANTS)
    return figures


def _one(dimension: str, value: float = 1.0) -> Figure:
    return Figure(value, value, n=1, coverage=1.0, dimension=dimension)


METRICS = (
    Metric(
        id="newcomers",
        needs=("likes and no scores",),
        definition=f"Repos that came into the first {TOP} of the trending list in the window: new "
        "(younger than 30 days and not on it in the 365 days before) or again; and bases of the "
        "window "
        "that had a quantised child within 24 hours",
        unit="repos",
        numerator="such repos",
        denominator="entries; of day-one quants the repos created in the window",
        edge_cases="By the source's own trending score, else by likes of seven days; those there "
        "on "
        "the first day observed did not come. Two observed days are needed. Who stays less than a "
        "day between observations is not seen",
        reference="own definition",
        compute=_newcomers,
        reads=(),
        dimensions=("repo",),
        window="7d",
    ),
)
