"""`hearthub pulse`: the observatory."""

import csv
import json
import os
import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearthub.cli import pulse_claims, pulse_metrics, pulse_report, pulse_trending
from hearthub.cli.common import Data, open_whole_hub, show
from hearthub.cli.fit_targets import PUBLIC_HUB, endpoint
from hearthub.cli.progress import Progress
from hearthub.errors import BadRequest

if TYPE_CHECKING:
    from hearthub.pulse import Ingested

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
app.command("metrics")(pulse_metrics.metrics)
app.command("metric")(pulse_metrics.metric)
app.command("trending")(pulse_trending.trending)
app.command("report")(pulse_report.report)
app.command("claims")(pulse_claims.claims)
app.command("verify")(pulse_report.verify)


class Kind(StrEnum):
    own = "own"
    hub_api = "hub-api"
    hub_stats = "hub-stats"
    panel = "panel"


class Format(StrEnum):
    table = "table"
    json = "json"
    csv = "csv"


@app.command()
def ingest(
    source: Annotated[
        str | None,
        typer.Argument(metavar="[SOURCE]", help="A file, or a hub; none for this one."),
    ] = None,
    kind: Annotated[
        Kind | None, typer.Option("--kind", help="What it is, where that is not plain.")
    ] = None,
    map_file: Annotated[
        Path | None,
        typer.Option("--map", metavar="FILE", help="TOML that says which column is what."),
    ] = None,
    observed_at: Annotated[
        str | None,
        typer.Option("--observed-at", metavar="T", help="When it was so, if it does not tell."),
    ] = None,
    data: Data = None,
) -> None:
    """Take in what a source tells. The last line is a summary in JSON.

    The same content is taken in once. Rows that cannot be believed are counted and named.
    """
    at = _moment(observed_at) if observed_at else None
    with open_whole_hub(data, make=True) as hub, Progress() as say:
        token = _token(source) if source else None
        done = hub.pulse.ingest(source, kind.value if kind else None, map_file, at, say, token)
        hub.jobs.add("pulse.show", {}, key="ingested")
        hub.jobs.add("pulse.rank", {}, key="changed")
        hub.jobs.add("pulse.report", {}, key="changed")
    _tell(done)


@app.command("sql")
def query(
    statement: Annotated[str, typer.Argument(metavar="SELECT", help="One SELECT.")],
    form: Annotated[Format, typer.Option("--format", help="How rows are written.")] = Format.table,
    data: Data = None,
) -> None:
    """Ask the tables: snapshot, capture, repo, state, counter, edge, reject and others.

    For whoever runs this hub: the tables also have repos of this hub that were made private or
    removed since, which nothing that others see shows. The query itself can only read them.
    CSV and JSON are without the rows of sources that may not be passed on.
    """
    from hearthub.pulse import closed_among

    with open_whole_hub(data) as hub:
        answer = hub.pulse.query(statement, export=form is not Format.table)
        closed = closed_among(hub.pulse.origins()) if form is not Format.table else []
    if closed:
        print(f"without rows of {', '.join(closed)}, which may not be passed on", file=sys.stderr)
    rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    if form is Format.csv:
        from hearthub.pulse import cell

        writer = csv.writer(sys.stdout, lineterminator="\n")
        for line in (answer.columns, *answer.rows):
            writer.writerow([cell(it) if isinstance(it, str) else it for it in line])
    elif form is Format.json:
        print(json.dumps(rows, indent=2))
    else:
        show([{_plain(key): _cell(it) for key, it in row.items()} for row in rows], as_json=False)
    if answer.is_cut:
        print(f"only the first {len(rows)} rows: say `limit`, or ask for less", file=sys.stderr)


def _token(source: str) -> str | None:
    """HF_TOKEN, for the hub that it belongs to: that of HF_ENDPOINT. No other host may see it."""
    token = os.environ.get("HF_TOKEN")
    if not token or "://" not in source:
        return None
    from hearthub.upstream import Endpoint

    asked, own = Endpoint.parse(source), Endpoint.parse(endpoint() or PUBLIC_HUB)
    if asked.origin != own.origin:
        print(f"HF_TOKEN belongs to {own.url} (HF_ENDPOINT), so it is not sent", file=sys.stderr)
        return None
    if asked.is_readable_by_others:
        print(f"warning: the token travels unencrypted to {asked.url}", file=sys.stderr)
    return token


def _tell(done: "Ingested") -> None:
    for reason, example, number in done.rejects:
        print(f"{number:,} x {reason}: {_plain(example)}".rstrip(": "), file=sys.stderr)
    if not done.is_new:
        print("It was there already: nothing was done", file=sys.stderr)
    summary = {
        "snapshot": done.snapshot,
        "rows": done.rows,
        "repos": done.repos,
        "rejected": done.rejected,
        "left_out": done.left_out,
        "new": done.is_new,
    }
    print(json.dumps(summary))


def _moment(told: str) -> datetime:
    """UTC without a zone, of ISO 8601 or of seconds since 1970."""
    try:
        if told.isdecimal() and len(told) > 8:
            found = datetime.fromtimestamp(int(told), UTC)
        else:
            found = datetime.fromisoformat(told)
        return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found
    except (ValueError, OverflowError, OSError):
        raise BadRequest(f"{told!r} is no time, such as 2026-05-20T18:00:00Z") from None


def _cell(value: object) -> object:
    return _plain(value) if isinstance(value, str) else value


def _plain(text: str) -> str:
    """Strangers wrote it: what is no letter, such as an escape of the terminal, is spelt out."""
    return text if text.isprintable() else ascii(text)[1:-1]
