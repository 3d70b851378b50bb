"""`hearthub pulse claims`: what was published, held against the data at hand."""

import json
from typing import Annotated

import typer

from hearthub.cli.common import Data
from hearthub.cli.common import show as table
from hearthub.cli.pulse_metrics import AsFormat, Format, label, lake_of, print_csv
from hearthub.errors import NotFound


def claims(
    source: Annotated[
        str | None,
        typer.Option("--source", metavar="NAME", show_default="the one observed last",
                     help="Against the data of which source."),
    ] = None,
    as_format: AsFormat = Format.table,
    data: Data = None,
) -> None:  # fmt: skip
    """Published claims about the ecosystem: reproduced, differs, undecidable or ill-defined."""
    from hearthub.pulse import Measures, judge_claims

    lake = lake_of(data)
    if source is not None:
        with lake.reading() as session:
            known = [row["source"] for row in session.rows("select distinct source from snapshot")]
        if source not in known:
            there = ", ".join(sorted(known)[:20]) or "none yet"
            raise NotFound(f"Nothing is known from {source!r}: there are {there}")
    found = judge_claims(lake, source)
    sources = {verdict.row.source for verdict in found if verdict.row}
    is_synthetic = any(map(Measures(lake).is_synthetic, sources))
    rows = [
        verdict.to_json() | {"synthetic": is_synthetic and verdict.row is not None}
        for verdict in found
    ]
    if as_format is Format.json:
        print(json.dumps(rows, indent=2))
    elif as_format is Format.csv:
        flat = [{**row, "found": (row["found"] or {}).get("value")} for row in rows]
        print_csv(flat)
    else:
        table([_line(row, is_synthetic) for row in rows], as_json=False)


def _line(row: dict[str, object], is_synthetic: bool) -> dict[str, object]:
    found = row["found"]
    value = found["value"] if isinstance(found, dict) else None
    return {
        "claim": row["claim"],
        "text": row["text"],
        "expected": row["expected"],
        "found": None if value is None else f"{value:.4g}",
        "verdict": row["verdict"],
        "why": row["why"],
        **label(is_synthetic),
    }
