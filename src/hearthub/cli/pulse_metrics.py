"""`hearthub pulse metrics` and `hearthub pulse metric`: what can be measured, and the numbers."""

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hearthub.cli.common import Data, settings_for
from hearthub.cli.common import show as table
from hearthub.errors import NotFound

if TYPE_CHECKING:
    from hearthub.lake import Lake
    from hearthub.pulse import MetricRow


class Format(StrEnum):
    table = "table"
    json = "json"
    csv = "csv"


AsFormat = Annotated[Format, typer.Option("--format", help="How to print it.")]


def metrics(as_format: AsFormat = Format.table, data: Data = None) -> None:
    """What can be measured: each metric's definition, unit, window and edge cases.

    It is the same for all data.
    """
    from hearthub.pulse import known_metrics

    rows = [metric.to_json() for metric in known_metrics()]
    if as_format is Format.table:
        shown = ("metric", "version", "unit", "window", "definition")
        table([{key: row[key] for key in shown} for row in rows], as_json=False)
        return
    _print(rows, as_format)


def metric(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `pulse metrics` lists it.")],
    by: Annotated[
        str | None, typer.Option("--by", metavar="DIM", help="A row for each of its classes.")
    ] = None,
    universe: Annotated[
        str | None,
        typer.Option(
            "--universe",
            metavar="TYPE[@SOURCE][/FILTER]",
            show_default="the metric's type, all",
            help="Which repos: model, dataset or space; all, recent-90, active or tracked.",
        ),
    ] = None,
    window: Annotated[
        str | None,
        typer.Option(
            "--window",
            metavar="W",
            show_default="the metric's",
            help="Nd, YYYY, YYYY-Qn, YYYY-MM, YYYY-Wnn, FIRST..LAST or all.",
        ),
    ] = None,
    as_format: AsFormat = Format.table,
    sql: Annotated[
        bool, typer.Option("--sql", help="Print the SQL that is run instead of its rows.")
    ] = False,
    data: Data = None,
) -> None:
    """The rows of a metric, each with its universe, window, denominator, interval and coverage."""
    from hearthub.pulse import (
        METRIC_COLUMNS,
        Measures,
        known_origins,
        names_repos,
        require_shareable,
    )

    lake = lake_of(data)
    measures = Measures(lake)
    found = measures.measured(name, by, universe, window)
    if sql:
        print(";\n\n".join(found.sql) + ";")
        return
    rows = found.rows
    if as_format is not Format.table and names_repos(name, by):
        require_shareable(known_origins(lake), {row.source for row in rows})
    is_synthetic = {source: measures.is_synthetic(source) for source in {it.source for it in rows}}
    if as_format is Format.table:
        table([_line(row) | label(is_synthetic[row.source]) for row in rows], as_json=False)
        return
    told = [row.to_json() | {"synthetic": is_synthetic[row.source]} for row in rows]
    _print(told, as_format, () if told else METRIC_COLUMNS)


def label(is_synthetic: bool) -> dict[str, object]:
    """A column that a table has where its figures are made up."""
    return {"data": "SYNTHETIC"} if is_synthetic else {}


def lake_of(data: Data) -> "Lake":
    """The lake alone, for commands that need nothing else of the hub. Raises NotFound."""
    from hearthub.lake import Lake
    from hearthub.pulse import TABLES
    from hearthub.sandbox import Sandbox

    folder = settings_for(data).data
    if not folder.is_dir():  # which reading would make
        raise NotFound(f"There is no folder {folder}")
    if not (folder / "lake").is_dir():
        raise NotFound(f"Nothing was ingested yet in {folder} (hearthub pulse ingest)")
    # Our own statements alone are run: the sandbox starts no process.
    return Lake(folder / "lake", TABLES, Sandbox(1))


def _print(rows: Sequence[dict[str, Any]], as_format: Format, names: Sequence[str] = ()) -> None:
    if as_format is Format.json:
        print(json.dumps(rows, indent=2))
        return
    print_csv(rows, names)


def print_csv(rows: Sequence[Mapping[str, Any]], names: Sequence[str] = ()) -> None:
    """With a header of `names` and all other keys; what strangers wrote is no formula and moves no
    cursor."""
    from hearthub.pulse import table_csv

    print(
        table_csv(rows, list(dict.fromkeys([*names, *(key for row in rows for key in row)]))),
        end="",
    )


def _line(row: "MetricRow") -> dict[str, object]:
    """What fits a terminal; text that strangers wrote keeps no control character."""
    return {
        "dimension": "".join(c if c.isprintable() else "?" for c in row.dimension or ""),
        "value": _short(row.value),
        "lo": _short(row.lo),
        "hi": _short(row.hi),
        "numerator": _short(row.numerator),
        "denominator": _short(row.denominator),
        "n": row.n,
        "coverage": _short(row.coverage),
        "universe": row.universe,
        "window": f"{row.window_start}..{row.window_end}",
        "reason": row.reason or "",
    }


def _short(value: float | None) -> str | None:
    return None if value is None else f"{value:.6g}"
