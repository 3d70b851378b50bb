"""Dumps of the public hub as `cfahlgren1/hub-stats` publishes them, each day one Parquet file for
models, datasets, spaces and daily papers.

Columns have come and gone over the years, and the same one has been a structure, a map or JSON
text: each is looked for, and read as what it is. Keys that strangers wrote (the dtypes of a
safetensors header) are never asked for but by a list of ours.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from hearthub.errors import BadRequest
from hearthub.lake import Session
from hearthub.pulse.facts import PACKED, PACKED_SHARE
from hearthub.pulse.sources import reading
from hearthub.pulse.sources.files import digest, time_of
from hearthub.pulse.sources.incoming import Incoming, Options, select_incoming
from hearthub.pulse.sources.papers import select_papers
from hearthub.pulse.sources.reading import Column, literal, quoted

KIND = "hub-stats"
LICENCE, ATTRIBUTION = "Apache-2.0", "hub-stats by cfahlgren1, from the Hugging Face Hub"
ORIGIN = "huggingface.co"
WORDS = {"models": "model", "datasets": "dataset", "spaces": "space", "papers": "paper"}
# What only one of the files has.
SIGNS = {
    "paper": ("paper_id", "submittedOnDailyAt"),
    "space": ("sdk", "runtime", "subdomain"),
    "model": ("safetensors", "gguf", "library_name", "baseModels", "pipeline_tag"),
    "dataset": ("mainSize", "description", "citation", "paperswithcode_id"),
}
Columns = Mapping[str, Column]


def prepare(session: Session, options: Options) -> Incoming:
    if options.path is None or options.path.suffix.lower() != ".parquet":
        raise BadRequest("A dump of hub-stats is a Parquet file; other files need a map (--map)")
    rows = f"read_parquet({literal(str(options.path))})"
    found = session.rows(f"describe select * from {rows}")  # noqa: S608
    columns = {
        row["column_name"]: Column(quoted(row["column_name"]), row["column_type"].upper())
        for row in found
    }
    kind = options.map.type or _type(columns, options.path)
    told = _paper(columns) if kind == "paper" else describe_repo(session, columns, rows, kind)
    observed = _observed_at(session, options, columns, rows)
    if kind == "paper":
        session.execute(
            f"create temp view incoming_papers as {select_papers(told, rows, observed)}"
        )
    else:
        told["observed_at"] = f"timestamp {literal(str(observed))}"
        told["nth"] = "file_row_number + 1"
        numbered = f"read_parquet({literal(str(options.path))}, file_row_number = true)"
        session.execute(f"create temp view incoming as {select_incoming(told, numbered)}")
    return Incoming(
        source=options.map.source or KIND,
        kind=KIND,
        type=kind,
        digest=digest(options.path),
        told=frozenset(told),
        is_whole=options.map.whole is not False,
        licence=options.map.licence or LICENCE,
        attribution=options.map.attribution or ATTRIBUTION,
        origin=options.map.origin or ORIGIN,
        is_synthetic=options.map.synthetic,
        is_redistributable=options.map.redistributable is not False,
    )


def _type(columns: Columns, path: Path) -> str:
    for kind, signs in SIGNS.items():
        if not columns.keys().isdisjoint(signs):
            return kind
    for word, kind in WORDS.items():
        if word in path.name.lower() and "id" in columns:
            return kind
    listed = ", ".join(columns)
    raise BadRequest(f"{path.name} is no dump of hub-stats: its columns are {listed}"[:500])


def _observed_at(session: Session, options: Options, columns: Columns, rows: str) -> datetime:
    """When it was made: as said, else the newest change that it knows of, else the file's date."""
    if options.observed_at is None and "lastModified" in columns:
        moment = reading.moment(columns["lastModified"])
        newest = session.value(
            f"select max(t) from (select {moment} as t from {rows}) where t <= $now",  # noqa: S608
            now=options.now,
        )
        if isinstance(newest, datetime):
            return newest
    return time_of(options)


def describe_repo(session: Session, columns: Columns, rows: str, kind: str) -> dict[str, str]:
    """What columns called as in the Hub's API tell of a repo."""
    told = {"type": literal(kind)}
    plain = {
        "id": ("id", reading.text),
        "author": ("author", reading.text),
        "created_at": ("createdAt", reading.moment),
        "modified_at": ("lastModified", reading.moment),
        "downloads_30d": ("downloads", reading.count),
        "downloads_all": ("downloadsAllTime", reading.count),
        "likes": ("likes", reading.count),
        "trending": ("trendingScore", reading.number),
        "pipeline_tag": ("pipeline_tag", reading.text),
        "library": ("library_name", reading.text),
        "tags": ("tags", reading.texts),
        "gated": ("gated", reading.text),
    }
    wrong = []
    for name, (theirs, read) in plain.items():
        if theirs in columns:
            told[name] = read(columns[theirs])
            if read in (reading.moment, reading.count, reading.number):
                if read is reading.count:
                    wrong.append(reading.beyond(theirs, columns[theirs], told[name]))
                wrong.append(
                    f"when {told[name]} is null and {reading.is_told(columns[theirs])} "
                    f"then {literal(f'{theirs} is no {_KINDS[read]}')}"
                )
    told["problem"] = f"(case {' '.join(wrong)} end)" if wrong else "cast(null as varchar)"
    if "cardData" in columns:
        told |= _card(columns)
    if kind == "space":  # it has an SDK where models have a library
        told |= {"library": reading.text(columns["sdk"])} if "sdk" in columns else {}
    return told | _weights(session, columns, rows) | _bases(session, columns, rows)


_KINDS = {reading.moment: "time", reading.count: "number", reading.number: "number"}


def _card(columns: Columns) -> dict[str, str]:
    """What a card says goes for what no tag says: tags are made from it (stage.sql)."""
    card = columns["cardData"]
    license_ = f"{reading.texts_inside(card, 'license')}[1]"
    if "tags" in columns:
        tags = f"list_filter({reading.texts(columns['tags'])}, lambda t: t like 'license:%')"
        license_ = f"coalesce(substr({tags}[1], 9), {license_})"
    return {"license": license_, "languages": reading.texts_inside(card, "language")}


def _weights(session: Session, columns: Columns, rows: str) -> dict[str, str]:
    """Sizes by headers. A total that cannot be one costs the value, not the repo: an overflow of
    `gguf` once stopped the public importer."""
    told: dict[str, str] = {}
    left_out: list[str] = []
    for name, theirs in (("parameters", "safetensors"), ("gguf_parameters", "gguf")):
        if theirs in columns:
            known = reading.fields(session, rows, columns[theirs])
            total = Column(reading.inside(columns[theirs], "total"), "VARCHAR")
            total = known.get("total", total)
            told[name] = reading.count(total)
            left_out.append(
                f"case when {told[name]} is null and {reading.is_told(total)} "
                f"then {literal(theirs)} end"
            )
    if "safetensors" in columns:
        packed = _packed(session, columns["safetensors"], rows)
        told["is_packed"] = f"({packed}) > {PACKED_SHARE} * {told['parameters']}"
    if "gguf" in columns:
        told["gguf_architecture"] = reading.inside(columns["gguf"], "architecture")
    if left_out:
        told["left_out"] = f"list_filter([{', '.join(left_out)}], lambda f: f is not null)"
    return told


def _packed(session: Session, column: Column, rows: str) -> str:
    """Elements of the dtypes that hold several weights each."""
    by_dtype = reading.fields(session, rows, column).get("parameters")
    known = reading.fields(session, rows, by_dtype) if by_dtype else {}
    parts = []
    for dtype in sorted(PACKED):
        if known:
            found = known[dtype].sql if dtype in known else "null"
        elif by_dtype and by_dtype.kind.startswith("MAP"):
            found = f"{by_dtype.sql}[{literal(dtype)}]"
        else:
            found = reading.inside(column, "parameters", dtype)
        parts.append(f"coalesce(try_cast({found} as double), 0)")
    return " + ".join(parts)


def _bases(session: Session, columns: Columns, rows: str) -> dict[str, str]:
    """`baseModels`: a relation, and a list of `models` with an `id` each."""
    if "baseModels" not in columns:
        return {}
    column = columns["baseModels"]
    known = reading.fields(session, rows, column)
    if "relation" in known and known.get("models", column).kind.startswith("STRUCT"):
        return {
            "relation": reading.text(known["relation"]),
            "base_models": f"list_transform({known['models'].sql}, lambda m: m.id)",
        }
    return {
        "relation": reading.inside(column, "relation"),
        "base_models": reading.texts_inside(column, "models", each="id"),
    }


def _paper(columns: Columns) -> dict[str, str]:
    plain = {
        "paper_id": (("paper_id", "id"), reading.text),
        "title": (("title",), reading.text),
        "upvotes": (("upvotes",), reading.count),
        "submitted_at": (("submittedOnDailyAt", "publishedAt"), reading.moment),
    }
    told = {
        name: read(columns[theirs])
        for name, (several, read) in plain.items()
        for theirs in several[::-1]
        if theirs in columns
    }
    if "organization" in columns:
        column = columns["organization"]
        told["organization"] = f"coalesce({reading.inside(column, 'name')}, {reading.text(column)})"
    if "paper_id" not in told:
        raise BadRequest("The dump of papers has no paper_id")
    return told
