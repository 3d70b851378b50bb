"""What all metrics of one universe and window share: temp tables, made once.

    u      a repo a row: what it is at the window's end, `downloads` and `likes` gained in the
           window (null: unknown) and the `basis` of the former
    point  of the repos that are watched: the last counters of each live day that has any
    day    of the same: `downloads` and `likes` of each day that has any

`basis` says what `downloads` rests on: `all` (the all-time counter at both ends), `young` (created
in the window: the all-time counter at its end), `d30` (the 30-day counter alone: exact for whole
blocks of 30 days, else by proportion or, for watched repos, by deconvolution), `unknown`.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from hearthub.lake import Row, Session
from hearthub.pulse.counted import Wanted, count
from hearthub.pulse.days import Days, observed_days
from hearthub.pulse.metric import UNKNOWN
from hearthub.pulse.series import make_series
from hearthub.pulse.statements import sql_text
from hearthub.pulse.universe import Universe, parse_universe
from hearthub.pulse.window import DAY, Window, parse_window

LAGS = (0, 1, 7, 28, 35)
"""Days before the window's end at which counters are looked at too, for velocities and movers."""
EARLIEST = date(2000, 1, 1)
"""Nothing that is measured is older: earlier dates are mistakes, or worse."""
DIMENSIONS = {
    "country": "country",
    "org_type": "org_type",
    "size_class": "size_class",
    "size_source": "size_source",
    "licence_class": "licence_class",
    "licence": "license",
    "architecture": "architecture",
    "modality": "modality",
    "task": "pipeline_tag",
    "format": "format",
    "quantisation": "quantisation",
    "family": "family",
    "domain": "domain",
    "library": "library",
    "author": "author",
    "basis": "basis",
    "launch_year": "strftime(created_at, '%Y')",
    "launch_quarter": "strftime(created_at, '%Y-Q') || quarter(created_at)",
}
"""What `--by` may name, and where `u` has it."""


class Frame:
    """For one thread; it lives as long as its session."""

    def __init__(self, session: Session, universe: Universe, window: Window, days: Days) -> None:
        self.session, self.universe, self.window, self.days = session, universe, window, days
        self.anchor = days.anchor(window.end)
        """The last day that can be spoken of: counters may stand still at the end."""
        self._kept: dict[str, Any] = {}

    @property
    def params(self) -> dict[str, object]:
        """For statements over the window: its first midnight, and the midnight after it."""
        return {"start": self.window.start, "after": self.window.after}

    def rows(self, name: str, **words: object) -> list[Row]:
        """What the statement in the file of that name returns; see `sql_text`."""
        text = sql_text(name, **words)
        used = {key: value for key, value in self._known().items() if f"${key}" in text}
        return self.session.rows(text, **used)

    def make(self, name: str, **words: object) -> None:
        """Run a statement that makes a temp table, the first time it is asked for."""
        self.kept(f"{name} {words}", lambda: self._make(name, **words))

    def make_again(self, name: str, **words: object) -> None:
        """The same where the table is made in several ways."""
        self._make(name, **words)

    def kept(self, key: str, made: Callable[[], Any]) -> Any:
        """What several metrics of this frame need, made once."""
        if key not in self._kept:
            self._kept[key] = made()
        return self._kept[key]

    def coverage(self) -> float | None:
        """Share of the repos whose downloads in the window are known."""
        known, everything = self.kept("coverage", self._coverage)
        return known / everything if everything else None

    def snapshots(self) -> tuple[str, ...]:
        """The newest snapshots up to each end of the window: those that its numbers rest on."""
        return tuple(self.kept("snapshots", self._snapshots))

    def _make(self, name: str, **words: object) -> None:
        text = sql_text(name, **words)
        used = {key: value for key, value in self._known().items() if f"${key}" in text}
        self.session.execute(text, **used)

    def _known(self) -> dict[str, object]:
        return self.params | {
            "source": self.universe.source,
            "type": self.universe.type,
            "anchor": self.anchor,
        }

    def _coverage(self) -> tuple[int, int]:
        row = self.session.one("select count(downloads) as known, count(*) as all_repos from u")
        return int(row["known"]), int(row["all_repos"])

    def _snapshots(self) -> list[str]:
        return [str(row["snapshot_id"]) for row in self.rows("snapshots_at_ends")]


def by_column(by: str | None) -> str:
    """An expression over `u` for a dimension: never null."""
    if by is None:
        return "''"
    return f"coalesce({DIMENSIONS[by]}, '{UNKNOWN}')"


def open_frame(session: Session, universe: str, window: str) -> Frame:
    """The frame of what a caller names. Raises BadRequest and NotFound as their parsers do."""
    found = parse_universe(universe, session)
    span = session.one(sql_text("span"), source=found.source, type=found.type, earliest=EARLIEST)
    last = _day(span["last"])
    first = min(max(_day(span["first"]), EARLIEST), last)
    chosen = parse_window(window, first, last)
    days = observed_days(session, found)
    has_all = bool(session.value("select count(*) from observed_day where has_all"))
    if not has_all and days.live:
        # Only 30-day counters: downloads before the first of them were in nobody's sight.
        chosen = Window(max(chosen.start, min(days.live[0], chosen.end) - 29 * DAY), chosen.end)
    frame = Frame(session, found, chosen, days)
    _build(frame, has_all)
    return frame


def _build(frame: Frame, has_all: bool) -> None:
    session = frame.session
    blocks = [] if has_all and frame.window.days > 31 else _blocks(frame.window)
    wanted = _wanted(frame, blocks)
    for name in ("renamed", "stood"):
        frame.make(name)
    count(session, wanted, frame.window.end)
    if session.value("select count(*) from renamed"):
        names = [*wanted, "counted_from"]
        session.execute(
            sql_text(
                "follow_renames",
                carried=", ".join(f"{n} = coalesce(valued.{n}, former.{n})" for n in names),
                former=", ".join(f"max({n}) as {n}" for n in names),
            )
        )
    gained = " + ".join(
        f"{part!r} * coalesce(r_{index}, case when created_at::date > date '{day}' then 0 end)"
        for index, (day, part) in enumerate(blocks)
    )
    known = frame._known()
    text = sql_text(
        "universe",
        days=frame.window.days,
        gained=gained or "null::double",
        condition=frame.universe.condition,
    )
    session.execute(text, **{key: known[key] for key in ("start", "after", "source", "type")})
    session.execute("drop table valued")
    session.execute("drop table stood")
    make_series(frame)


def _wanted(frame: Frame, blocks: list[tuple[date, float]]) -> Wanted:
    days, window = frame.days, frame.window
    wanted: Wanted = {
        "d_all": ("d", days.knot(window.end)),
        "likes_all": ("l", days.knot(window.end)),
        "d30": ("r", days.knot(window.end)),
        "d_start": ("d", days.knot(window.start - DAY)),
        "l_start": ("l", days.knot(window.start - DAY)),
    }
    for lag in LAGS:
        knot = days.knot(frame.anchor - timedelta(lag))
        wanted |= {f"d_{lag}": ("d", knot), f"l_{lag}": ("l", knot)}
    return wanted | {
        f"r_{index}": ("r", days.knot(day)) for index, (day, _) in enumerate(blocks)
    }


def _blocks(window: Window) -> list[tuple[date, float]]:
    """Last days of disjoint blocks of 30 that make up the window, and the part of each."""
    whole, rest = divmod(window.days, 30)
    blocks = [(window.end - index * 30 * DAY, 1.0) for index in range(whole)]
    if rest:
        day = window.start + 29 * DAY if whole else window.end
        blocks.append((day, rest / 30))
    return blocks


def _day(value: date | datetime | None) -> date:
    if value is None:
        return EARLIEST
    return value.date() if isinstance(value, datetime) else value
