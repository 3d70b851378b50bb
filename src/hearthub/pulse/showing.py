"""What was observed elsewhere, brought to the catalogue, where it is searched like what is here.

Of each source with an origin, the repos that its snapshots since the last time have changed. Where
several sources tell of the same hub, the one that saw a repo last is believed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hearthub.catalogue import Catalogue, Counters, Facts, Listing
from hearthub.lake import Lake, Session
from hearthub.pulse.sources.reading import literal
from hearthub.pulse.statements import sql_text

BATCH = 5000


@dataclass(frozen=True)
class Shown:
    listed: int = 0
    counted: int = 0
    """Only their counters had changed."""
    gone: int = 0


def show(lake: Lake, catalogue: Catalogue) -> Shown:
    """Safe to run again: what was shown before is shown again as it is now."""
    done = Shown()
    with lake.reading() as session:
        new = session.rows(sql_text("unshown"))
        for row in new:
            file = session.scratch / "show.parquet"
            _gather(session, file, row)
            done = _add(done, _show(session, catalogue, file, row["origin"]))
    if new:
        ids = [snapshot for row in new for snapshot in row["snapshots"]]
        with lake.writing() as writing:
            writing.append("shown", "select unnest($ids::varchar[]) as snapshot_id", ids=ids)
    return done


def _gather(session: Session, file: Path, row: dict[str, Any]) -> None:
    """A file of the repos to be shown: a long reading of the lake would hold its old files."""
    for name in ("changed", "gathered"):
        session.execute(
            sql_text(name, file=literal(str(file))),
            **({"source": row["source"], "since": row["since"]} if name == "changed" else {}),
        )


def _show(session: Session, catalogue: Catalogue, file: Path, origin: str) -> Shown:
    rows = f"from read_parquet({literal(str(file))})"
    listed = counted = gone = 0
    described = _named(session, f"select * {rows} where is_there and is_described")
    for batch in described:
        catalogue.observe(_listing(it, origin) for it in batch)
        listed += len(batch)
    for kind in ("model", "dataset", "space"):
        told = f"{rows} where is_there and not is_described and type = '{kind}'"
        for batch in _named(session, f"select * {told}"):
            counted += catalogue.set_counters(
                kind, [(it["id"], _counters(it)) for it in batch], origin
            )
        for batch in _named(session, f"select * {rows} where not is_there and type = '{kind}'"):
            gone += catalogue.forget(kind, [it["id"] for it in batch], origin)
    return Shown(listed, counted, gone)


def _named(session: Session, sql: str) -> Iterator[list[dict[str, Any]]]:
    names = [row["column_name"] for row in session.rows(f"describe {sql}")]
    for batch in session.batches(sql, BATCH):
        yield [dict(zip(names, row, strict=True)) for row in batch]


def _listing(row: dict[str, Any], origin: str) -> Listing:
    return Listing(
        type=row["type"],
        full_name=row["id"],
        facts=Facts(
            tags=row["tags"] or [],
            library=row["library"],
            pipeline_tag=row["pipeline_tag"],
            base_models=row["base_models"] or [],
            relation=row["relation"],
            licenses=[row["license"]] if row["license"] else [],
            languages=row["languages"] or [],
            formats=row["formats"] or [],
            quantization=row["quantisation"],
            parameters_total=row["parameters"],
        ),
        counters=_counters(row),
        origin=origin,
        gated=row["gated"],
    )


def _counters(row: dict[str, Any]) -> Counters:
    """Lists need numbers to sort by: what nobody told is 0 there."""
    return Counters(
        created=_ms(row["created_at"]),
        modified=_ms(row["modified_at"] or row["created_at"]),
        downloads=row["d30"] or 0,
        downloads_all=row["d_all"] or 0,
        likes=row["likes"] or 0,
        trending=row["trending"] or 0.0,
    )


def _ms(moment: datetime | None) -> int:
    return 0 if moment is None else int(moment.replace(tzinfo=UTC).timestamp() * 1000)


def _add(one: Shown, other: Shown) -> Shown:
    return Shown(one.listed + other.listed, one.counted + other.counted, one.gone + other.gone)
