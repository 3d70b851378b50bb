"""A report from a lake: which frames, which numbers, which sections."""

from collections.abc import Callable
from datetime import date

from hearthub.errors import BadRequest
from hearthub.pulse.reader import Reader
from hearthub.pulse.report import state, weekly
from hearthub.pulse.report.asking import ask, observed_span
from hearthub.pulse.report.document import Report

KINDS = ("weekly", "state")


def make_report(
    lake: Reader,
    kind: str,
    universe: str = "model",
    until: date | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Report:
    """The report of the days up to `until`, that one included; without it, the last observed.

    Raises BadRequest for days that nobody observed, NotFound where nothing was ingested.
    """
    if kind not in KINDS:
        raise BadRequest(f"There is a weekly report and one of the state, not {kind!r}")
    if not universe.startswith("model"):
        raise BadRequest("A report is about models, such as --universe model@radar/active")
    universe, first, last = observed_span(lake, universe)
    until = min(until or last, last)
    if until < first:
        raise BadRequest(f"Nothing was observed by {until}: the first day is {first}")
    specs = (
        weekly.specs(universe, until) if kind == "weekly" else state.specs(universe, first, until)
    )
    answers = ask(lake, specs, say)
    make = weekly.sections if kind == "weekly" else state.sections
    main = next(iter(specs))
    _, window = answers.universes[main]
    sources = tuple(answers.sources[name] for name in sorted(answers.sources))
    return Report(kind, until, universe, window, make(answers), sources)
