"""`hearthub pulse report` and `hearthub pulse verify`."""

import sys
from contextlib import closing
from datetime import date
from enum import StrEnum
from pathlib import Path
from threading import Thread
from typing import Annotated

import typer

from hearthub.cli.common import Data, settings_for, shown
from hearthub.cli.progress import Progress
from hearthub.cli.pulse_metrics import lake_of
from hearthub.errors import BadRequest


class Kind(StrEnum):
    weekly = "weekly"
    state = "state"


class Language(StrEnum):
    en = "en"
    ja = "ja"
    both = "both"


def report(
    kind: Annotated[Kind, typer.Argument(metavar="weekly|state", help="Which report.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder for its files.")],
    until: Annotated[
        str | None,
        typer.Option(
            "--until",
            metavar="DATE",
            show_default="the last observed day",
            help="Its last day, itself included.",
        ),
    ] = None,
    universe: Annotated[
        str,
        typer.Option("--universe", metavar="model[@SOURCE][/FILTER]", help="Which models."),
    ] = "model",
    lang: Annotated[
        Language, typer.Option("--lang", help="English, Japanese, or a file of each.")
    ] = Language.both,
    data: Data = None,
) -> None:
    """Write a report in which every number is a row of a metric: Markdown, HTML, JSON, charts."""
    from hearthub.pulse import Charts, make_report, write_report
    from hearthub.sandbox import Sandbox

    languages = ("en", "ja") if lang is Language.both else (lang.value,)
    asked = _day(until)
    lake = lake_of(data)
    with Progress() as say, closing(Sandbox(1)) as sandbox:
        charts = Charts(settings_for(data).data / "pulse" / "charts", sandbox)
        Thread(target=charts.wake_up, daemon=True).start()  # the numbers take longer
        made = make_report(lake, kind.value, universe, asked, say)
        say("drawing the charts")
        files = write_report(made, out, languages, charts)
    if not charts.can_draw:
        print("Without charts: pip install 'hearthub[reports]' draws them", file=sys.stderr)
    if asked is not None and made.until < asked:
        print(f"Nothing was observed after {made.until}: this is its last day", file=sys.stderr)
    print(f"{len(files)} files in {out}", file=sys.stderr)
    print(out / "report.md")


def verify(
    path: Annotated[
        Path, typer.Argument(metavar="REPORT.json", help="As `pulse report` wrote it.")
    ],
    data: Data = None,
) -> None:
    """Work out every number of a report again. Exits with 1 if any differs."""
    from hearthub.pulse import verify_report

    with Progress() as say:
        count, found = verify_report(lake_of(data), path, say)
    for each in found:
        print(f"{shown(each.where)}: {each.field} is {each.found!r}, not {each.said!r}")
    print(f"{count} numbers, {len(found)} differences", file=sys.stderr)
    if found:
        raise typer.Exit(1)


def _day(told: str | None) -> date | None:
    try:
        return None if told is None else date.fromisoformat(told)
    except ValueError:
        raise BadRequest(f"{told!r} is no date, such as 2026-05-20") from None
