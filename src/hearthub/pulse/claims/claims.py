"""Claims, and their verdicts.

A claim that is exact enough has a metric, its universe, window and dimension, and the value that
was published. The files *.toml beside this one hold them.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from hearthub.errors import BadRequest, NotFound
from hearthub.pulse.claims.reasons import ENGLISH, Why
from hearthub.pulse.frame import Frame
from hearthub.pulse.framing import open_frame
from hearthub.pulse.measures import measure_one
from hearthub.pulse.metric import MetricRow
from hearthub.pulse.reader import Reader
from hearthub.pulse.universe import newest, observed

_FOLDER = Path(__file__).parent
LEAST_OF_A_HUB = 100_000
"""Repos of a type: the Hub has had more since 2023."""
Says = Literal["reproduced", "differs", "undecidable", "ill-defined"]


@dataclass(frozen=True)
class Claim:
    id: str
    text: str
    source: str
    """Where it was published: an address."""
    said: str
    """As exactly as it is known: a year, a month or a day."""
    definition: str
    """Made exact: what would have to be counted."""
    universe: str
    """In words, of those who claim it."""
    window: str
    metric: str | None = None
    by: str | None = None
    dimension: str | None = None
    type: str = "model"
    filter: str = "all"
    days: str = "all"
    """The window of the query."""
    expected: float | None = None
    tolerance: float = 0.05
    """Relative: as exactly as it was printed, or as its universe can be drawn again."""
    is_least: bool = False
    """It says "more than"."""
    is_count: bool = False
    """A part that has as many is proof enough, where `needs_whole`."""
    needs_whole: bool = False
    """Only a listing of the whole hub can tell."""
    needs_all_time: bool = False
    least_repos: int = 0
    missing: str | None = None
    """What no public metadata have."""
    ill_defined: str | None = None

    def query(self, source: str) -> str | None:
        if self.metric is None:
            return None
        by = f" --by {self.by}" if self.by else ""
        universe = f"{self.type}@{source}/{self.filter}"
        return f"pulse metric {self.metric}{by} --universe {universe} --window {self.days}"


@dataclass(frozen=True)
class Verdict:
    claim: Claim
    says: Says
    because: Why
    row: MetricRow | None = None
    query: str | None = None

    @property
    def why(self) -> str:
        """In English; report/speech.py has it in other languages."""
        return self.because.text(ENGLISH)

    @property
    def difference(self) -> float | None:
        if self.row is None or self.row.value is None or self.claim.expected is None:
            return None
        return self.row.value - self.claim.expected

    def to_json(self) -> dict[str, Any]:
        claim = self.claim
        return {
            "claim": claim.id,
            "text": claim.text,
            "source": claim.source,
            "said": claim.said,
            "definition": claim.definition,
            "universe": claim.universe,
            "window": claim.window,
            "expected": claim.expected,
            "tolerance": claim.tolerance,
            "at_least": claim.is_least,
            "verdict": self.says,
            "why": self.why,
            "difference": self.difference if self.says == "differs" else None,
            "query": self.query,
            "dimension": claim.dimension,
            "found": self.row.to_json() if self.row else None,
        }


@cache
def known_claims() -> tuple[Claim, ...]:
    found = []
    for path in sorted(_FOLDER.glob("*.toml")):
        with path.open("rb") as file:
            told = tomllib.load(file)
        shared = {key: told[key] for key in ("source", "said", "universe") if key in told}
        found += [Claim(**{**shared, **each}) for each in told["claim"]]
    return tuple(found)


def judge_claims(lake: Reader, source: str | None = None) -> list[Verdict]:
    """Each claim against what is known from a source: the only one, or this hub itself.

    Claims of one frame are judged together. Raises BadRequest where a source must be named.
    """
    source = source or _newest(lake)
    frames: dict[tuple[str, str], list[Claim]] = {}
    for claim in known_claims():
        if claim.metric and not claim.ill_defined and not claim.missing:
            frames.setdefault((f"{claim.type}@{source}/{claim.filter}", claim.days), []).append(
                claim
            )
    found: dict[str, Verdict] = {}
    for (universe, days), claims in frames.items():
        try:
            with lake.reading() as session:
                frame = open_frame(session, universe, days)
                found |= {claim.id: _judged(claim, frame) for claim in claims}
        except (NotFound, BadRequest) as error:
            found |= {
                claim.id: Verdict(claim, "undecidable", Why.of("missing", what=str(error)),
                                  None, claim.query(source))
                for claim in claims
            }  # fmt: skip
    return [found.get(claim.id) or _without_data(claim) for claim in known_claims()]


def _newest(lake: Reader) -> str:
    with lake.reading() as session:
        return newest(observed(session))


def _without_data(claim: Claim) -> Verdict:
    if claim.ill_defined:
        return Verdict(claim, "ill-defined", Why.of("said", what=claim.ill_defined))
    return Verdict(claim, "undecidable", Why.of("missing", what=claim.missing or ""))


def _judged(claim: Claim, frame: Frame) -> Verdict:
    query = claim.query(frame.universe.source)
    row = _row(claim, frame)
    if row is None or row.value is None:
        silent = Why.of("silent", days=claim.days)
        if claim.dimension:
            silent = Why.of("silent_of", dimension=claim.dimension, days=claim.days)
        why = Why.of("missing", what=(row.reason if row else None) or silent)
        return Verdict(claim, "undecidable", why, row, query)
    verdict = compared(claim, row, query)
    if claim.is_count and verdict.says == "reproduced":
        return verdict
    if lack := _lack(claim, frame):
        return Verdict(claim, "undecidable", Why.of("lacking", what=lack), row, query)
    return verdict


def _row(claim: Claim, frame: Frame) -> MetricRow | None:
    assert claim.metric is not None  # noqa: S101 (only such claims come here)
    rows = measure_one(frame, claim.metric, claim.by)
    found = next((row for row in rows if row.dimension == claim.dimension), None)
    return found or next((row for row in rows if row.reason), None)


def _lack(claim: Claim, frame: Frame) -> Why | None:
    """What these data would have to be for the claim to be about them."""
    _, repos = frame.counted()
    if claim.needs_whole and not _is_whole(frame):
        return Why.of("chosen", repos=f"{repos:,}")
    if repos < claim.least_repos:
        return Why.of("too_few", least=f"{claim.least_repos:,}", repos=f"{repos:,}")
    if claim.needs_all_time and not _has_all_time(frame):
        return Why.of("all_time")
    return None


def _is_whole(frame: Frame) -> bool:
    """Whoever cuts a part out of a dump does not say so, so its size must speak too."""
    _, repos = frame.counted()
    row = frame.session.one(
        "select coalesce(bool_or(is_whole), false) as whole from snapshot where source = $source",
        source=frame.universe.source,
    )
    return bool(row["whole"]) and repos >= LEAST_OF_A_HUB


def _has_all_time(frame: Frame) -> bool:
    return bool(frame.session.value("select count(*) from u where basis in ('all', 'young')"))


def compared(claim: Claim, row: MetricRow, query: str | None) -> Verdict:
    """By the value alone, as if the data were those that the claim is about."""
    value, expected = row.value or 0.0, claim.expected or 0.0
    if claim.is_least:
        if value >= expected:
            return Verdict(claim, "reproduced", Why.of("at_least"), row, query)
    elif abs(value - expected) <= claim.tolerance * abs(expected):
        why = Why.of("within", tolerance=f"{claim.tolerance:.0%}")
        return Verdict(claim, "reproduced", why, row, query)
    if row.lo is not None and row.hi is not None and row.lo <= expected <= row.hi:
        why = Why.of("wide", lo=f"{row.lo:.4g}", hi=f"{row.hi:.4g}")
        return Verdict(claim, "undecidable", why, row, query)
    why = Why.of("by", difference=f"{value - expected:+.4g}", expected=f"{expected:.4g}")
    return Verdict(claim, "differs", why, row, query)
