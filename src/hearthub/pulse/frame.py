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
from dataclasses import dataclass
from typing import Any

from hearthub.lake import Row, Session
from hearthub.pulse.days import Days
from hearthub.pulse.statements import sql_text
from hearthub.pulse.told import NEEDS, NO_DOWNLOADS, NOT_YET, lacking, observed_by, told_by
from hearthub.pulse.universe import UNKNOWN, Universe
from hearthub.pulse.window import DAY, Window

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


LAGS = (0, 1, 7, 28, 35)
"""Days before the window's end at which counters are looked at too, for velocities and movers."""


@dataclass(frozen=True)
class Needs:
    """What is asked of a frame; by default everything."""

    lags: frozenset[int] = frozenset(LAGS)
    """Those of LAGS that `u` has."""
    has_series: bool = True
    """Else it is asked by month alone: there are no daily series, and `u` is narrow."""
    has_history: bool = True
    """Else `point` begins shortly before the window."""
    columns: frozenset[str] | None = None
    """Those of SPARED (framing.py) that `u` has; None: all."""


class Frame:
    """For one thread; it lives as long as its session."""

    def __init__(
        self,
        session: Session,
        universe: Universe,
        window: Window,
        days: Days,
        needs: Needs = Needs(),
    ) -> None:
        self.session, self.universe, self.window, self.days = session, universe, window, days
        self.needs = needs
        self.asked = window
        """The window that was asked for; `window` may begin later, where counters do."""
        self.anchor = days.anchor(window.end)
        """The last day that can be spoken of: counters may stand still at the end."""
        self.told = told_by(session, universe)
        """Columns that the source ever told; None: nobody noted."""
        self.has_history = True
        """`point` has all points of those that are watched, not those about the window alone."""
        self._kept: dict[str, Any] = {}
        self.used: list[str] = []
        """What was asked of `kept` so far, in order."""
        self.ran: dict[str, tuple[range, list[str]]] = {}
        """Of each thing that is kept: which of the session's recorded statements made it, and what
        else that is kept it was made of."""

    def rows(self, name: str, **words: object) -> list[Row]:
        """What the statement in the file of that name returns; see `sql_text`.

        It may ask for `$start` and `$after` (the midnights around the window), `$anchor` (a day),
        `$source` and `$type`.
        """
        text = sql_text(name, **words)
        return self.session.rows(text, **self._named_in(text))

    def make(self, name: str, **words: object) -> None:
        """Run a statement that makes a temp table, the first time it is asked for."""
        self.kept(f"{name} {words}", lambda: self.make_again(name, **words))

    def make_again(self, name: str, **words: object) -> None:
        """The same where several statements make a table of one name in turn."""
        text = sql_text(name, **words)
        self.session.execute(text, **self._named_in(text))

    def kept(self, key: str, made: Callable[[], Any]) -> Any:
        """What several metrics of this frame need, made once."""
        self.used.append(key)
        if key not in self._kept:
            before, used = len(self.session.recorded), len(self.used)
            self._kept[key] = made()
            self.ran[key] = range(before, len(self.session.recorded)), self.used[used:]
        return self._kept[key]

    def coverage(self) -> float | None:
        """Share of the repos whose downloads in the window are known."""
        known, everything = self.counted()
        return known / everything if everything else None

    def counted(self) -> tuple[int, int]:
        """Repos whose downloads in the window are known, and all."""
        found: tuple[int, int] = self.kept("counted", self._counted)
        return found

    def last(self, days: int) -> Window:
        """So many days up to the last that can be spoken of."""
        return Window(self.anchor - (days - 1) * DAY, self.anchor)

    def why_not(self, *needs: str) -> str | None:
        """Why something cannot be said that needs these (NEEDS): what the source never told."""
        for need in needs:
            if self.told is not None and self.told.isdisjoint(NEEDS[need]):
                return lacking(need)
        return None

    def why_not_yet(self) -> str | None:
        """Why nothing can be said of repos as they stood at the window's end."""
        return None if observed_by(self.days.live, self.window.end) else NOT_YET

    def why_no_downloads(self) -> str | None:
        known, _ = self.counted()
        return None if known else NO_DOWNLOADS

    def snapshots(self) -> tuple[str, ...]:
        """The newest snapshots up to each end of the window: those that its numbers rest on."""
        return tuple(self.kept("snapshots", self._snapshots))

    def _named_in(self, text: str) -> dict[str, object]:
        known = {
            "start": self.window.start,
            "after": self.window.after,
            "anchor": self.anchor,
            "source": self.universe.source,
            "type": self.universe.type,
            "asked": self.asked.start,
        }
        return {key: value for key, value in known.items() if f"${key}" in text}

    def _counted(self) -> tuple[int, int]:
        row = self.session.one("select count(downloads) as known, count(*) as all_repos from u")
        return int(row["known"]), int(row["all_repos"])

    def _snapshots(self) -> list[str]:
        return [str(row["snapshot_id"]) for row in self.rows("snapshots_at_ends")]


def by_column(by: str | None) -> str:
    """An expression over `u` for a dimension: never null."""
    if by is None:
        return "''"
    return f"coalesce({DIMENSIONS[by]}, '{UNKNOWN}')"
