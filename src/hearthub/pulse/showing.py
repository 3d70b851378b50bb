"""What was observed elsewhere, brought to the catalogue, where it is searched like what is here.

Of each source with an origin, the repos that its snapshots since the last time have changed. Where
several sources tell of the same hub, the one that saw a repo last is believed.
"""

import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from typing import Any

import orjson

from hearthub.catalogue import Catalogue, Counters, Facts, Listing
from hearthub.lake import Lake, Session
from hearthub.pulse.sources.reading import literal
from hearthub.pulse.statements import sql_text

BATCH = 5000
PART = 20_000
"""Repos that are done again, at most, after a kill."""
BEGUN, ROWS = "begun.json", "rows"


@dataclass(frozen=True)
class Shown:
    listed: int = 0
    counted: int = 0
    """Only their counters had changed."""
    gone: int = 0


def show(lake: Lake, catalogue: Catalogue, place: Path) -> Shown:
    """Safe to run again: what was shown before is shown again as it is now.

    `place` is a folder of ours. What was begun lies there in parts, each removed when it is done,
    so that whoever comes after a kill goes on where it stopped.
    """
    place.mkdir(parents=True, exist_ok=True)
    done = Shown()
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        while begun := _begun(place) or _begin(lake, place):
            done = _add(done, _go_on(lake, catalogue, place, begun["origin"]))
            with lake.writing() as writing:
                ids = begun["snapshots"]
                writing.append("shown", "select unnest($ids::varchar[]) as snapshot_id", ids=ids)
            (place / BEGUN).unlink()
    return done


def _begun(place: Path) -> dict[str, Any] | None:
    if not (place / BEGUN).is_file():
        return None
    found: dict[str, Any] = orjson.loads((place / BEGUN).read_bytes())
    return found


def _begin(lake: Lake, place: Path) -> dict[str, Any] | None:
    """Lay out in parts what the catalogue has not seen of one source; None: it has seen all."""
    rmtree(place / ROWS, ignore_errors=True)
    with lake.reading((place,)) as session:
        new = session.rows(sql_text("unshown"))
        if not new:
            return None
        row = new[0]
        session.execute(sql_text("changed"), source=row["source"], since=row["since"])
        count = int(session.value("select count(*) from changed") or 0)
        folder = literal(str(place / ROWS))
        session.execute(sql_text("gathered", folder=folder, parts=1 + count // PART))
    begun = {"origin": row["origin"], "snapshots": row["snapshots"]}
    made = place / f"{BEGUN}.new"
    made.write_bytes(orjson.dumps(begun))
    for path in (*(place / ROWS).glob("*/*.parquet"), made):
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    made.replace(place / BEGUN)
    return begun


def _go_on(lake: Lake, catalogue: Catalogue, place: Path, origin: str) -> Shown:
    done = Shown()
    # Nothing of the lake itself is read here, whose old files a long reading would need.
    with lake.reading((place,)) as session:
        for part in sorted((place / ROWS).glob("part=*")):
            done = _add(done, _show(session, catalogue, part / "*.parquet", origin))
            rmtree(part)
    return done


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
