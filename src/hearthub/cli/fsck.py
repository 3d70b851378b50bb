"""`hearthub fsck`."""

import dataclasses
import json
import re
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from hearthub.cli.common import Data, Json, open_whole_hub

if TYPE_CHECKING:
    from hearthub.registry import CheckReport, Sample


def fsck(
    sample: Annotated[
        str | None,
        typer.Option(
            "--sample",
            metavar="N|P%",
            show_default="everything",
            help="Read again only N stored things, or P percent of them, chosen at random.",
        ),
    ] = None,
    deep: Annotated[
        bool, typer.Option("--deep", help="Put files of chunks together, too, and hash them.")
    ] = False,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Read stored bytes again; name what is damaged, whom it hits, and what to do.

    Refs, trees and lists of chunks are always checked, all of them. Damaged files are refused from
    then on. Exit status 1 when something is damaged, or could not be checked.
    """
    from hearthub.cli.progress import Progress

    chosen = _sample(sample)
    with open_whole_hub(data) as hub, Progress() as progress:
        report = hub.registry.check(chosen, deep=deep, report=progress)
    if as_json:
        print(json.dumps(dataclasses.asdict(report), indent=2))
    else:
        _print(report)
    if report.findings or report.unchecked:
        raise typer.Exit(1)


def _sample(text: str | None) -> "Sample":
    from hearthub.registry import Sample

    if text is None:
        return Sample()
    found = re.fullmatch(r"(\d{1,12})|(\d{1,3}(?:\.\d+)?)%", text)
    if found is None or (found[2] and float(found[2]) > 100):
        raise typer.BadParameter("--sample wants a number of things, or a percentage such as 5%")
    return Sample(count=int(found[1])) if found[1] else Sample(share=float(found[2]) / 100)


def _print(report: "CheckReport") -> None:
    for finding in report.findings:
        print(f"damaged  {finding.key}: {finding.reason}")
        for hit in finding.hits:
            where = [hit.repo, hit.ref or "nothing committed"]
            where.append("its history" if hit.ref and hit.path is None else hit.path or "")
            print(f"         hits {' '.join(filter(None, where))}")
        if finding.more:
            print(f"         and {finding.more} more")
        print(f"      -> {finding.advice}")
    for key in report.repaired:
        print(f"repaired {key}")
    print(f"{report.checked} stored things of {report.checked_bytes} bytes were read again")
    for note in report.notes:
        print(f"hearthub: {note}", file=sys.stderr)
