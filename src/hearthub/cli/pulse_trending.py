"""`hearthub pulse trending`: what rises, of one source and type."""

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hearthub.cli.common import Data, open_whole_hub, shown
from hearthub.cli.common import show as table
from hearthub.cli.pulse_metrics import AsFormat, Format, lake_of, print_csv

if TYPE_CHECKING:
    from hearthub.pulse import Trending


class Type(StrEnum):
    model = "model"
    dataset = "dataset"
    space = "space"


class Sort(StrEnum):
    hub = "hub"
    pulse = "pulse"
    surprise = "surprise"


def trending(
    kind: Annotated[Type, typer.Option("--type", help="Of what.")] = Type.model,
    sort: Annotated[
        Sort | None,
        typer.Option(
            "--sort",
            show_default="what tells next week best",
            help="Likes of seven days, likes a week to be expected, or against what was expected.",
        ),
    ] = None,
    universe: Annotated[
        str | None,
        typer.Option(
            "--universe",
            metavar="TYPE[@SOURCE][/FILTER]",
            show_default="the hub that was observed last",
            help="Which repos: model, dataset or space; all, recent-90, active or tracked.",
        ),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", help="At most 200.")] = 20,
    as_format: AsFormat = Format.table,
    data: Data = None,
) -> None:
    """What rises now, each with what it gained in the last seven days that were observed."""
    from hearthub.pulse import TRENDING_COLUMNS, known_origins, require_shareable

    found = _found(data, kind.value, sort and sort.value, universe, limit)
    if as_format is not Format.table:
        require_shareable(known_origins(lake_of(data)), [found.source])
    rows = found.to_json()
    if not rows:
        print(f"Nothing rose that {found.source} can tell of: ranking likes takes several days",
              file=sys.stderr)  # fmt: skip
    if as_format is Format.json:
        print(json.dumps(rows, indent=2))
    elif as_format is Format.csv:
        print_csv(rows, TRENDING_COLUMNS)
    else:
        table([_line(row) for row in rows], as_json=False)


def _found(
    data: Path | None, kind: str, sort: str | None, universe: str | None, limit: int
) -> "Trending":
    from hearthub.pulse import Trends

    found = Trends(lake_of(data)).trending(kind, sort, universe, limit, anew=True)
    if found.source != "own":
        return found
    with open_whole_hub(data) as hub:  # which knows what of it is public
        return hub.pulse.trending(kind, sort, universe, limit, anew=True)


def _line(row: dict[str, Any]) -> dict[str, object]:
    """What fits a terminal, in which a stranger's text does nothing."""
    line = {
        "rank": row["rank"],
        "id": shown(row["id"]),
        row["sort"]: f"{row['value']:.4g}",
        "likes_gained": row["likes_gained"],
        "downloads_gained": row["downloads_gained"],
        "likes": row["likes"],
        "task": row["pipeline_tag"] and shown(row["pipeline_tag"]),
        "parameters": row["size"],
        "new": row["is_new"],
        "universe": row["universe"],
        "until": row["at"][:10],
    }
    # A figure that was made up is never shown without saying so.
    return line | ({"synthetic": "made up"} if row["synthetic"] else {})
