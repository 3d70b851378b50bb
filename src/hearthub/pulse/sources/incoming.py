"""What a source hands over: a relation `incoming` in the session, and what it is.

`incoming` has the columns of `COLUMNS`, null where the source does not tell (unknown is never 0).
Texts are as strangers wrote them; they are brought into bounds when they are staged (ingest.py).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from hearthub.pulse.sources.mapping import Map

COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "type": "varchar",  # model, dataset, space
        "id": "varchar",
        "author": "varchar",
        "created_at": "timestamp",
        "modified_at": "timestamp",
        "observed_at": "timestamp",
        "downloads_30d": "bigint",
        "downloads_all": "bigint",
        "likes": "bigint",
        "trending": "double",
        "parameters": "bigint",
        "is_packed": "boolean",
        "gguf_parameters": "bigint",
        "gguf_architecture": "varchar",
        "base_models": "varchar[]",
        "relation": "varchar",
        "license": "varchar",
        "pipeline_tag": "varchar",
        "library": "varchar",
        "tags": "varchar[]",
        "languages": "varchar[]",
        "formats": "varchar[]",
        "gated": "varchar",
        "removed": "boolean",
        "formerly": "varchar",  # another id that the repo had before
        "problem": "varchar",  # why the row is not to be believed; null: it is fine
        "nth": "bigint",  # which row of the source it is, from 1
        "left_out": "varchar[]",  # fields whose value was none, in a row that is fine
    }
)
COUNTERS = ("downloads_30d", "downloads_all", "likes", "trending")
DESCRIBING = (
    "parameters",
    "gguf_parameters",
    "base_models",
    "license",
    "pipeline_tag",
    "library",
    "tags",
    "languages",
    "formats",
    "gated",
)


@dataclass(frozen=True)
class Options:
    """What whoever ingests says beside the source itself."""

    now: datetime
    """UTC without a zone, as all times here."""
    path: Path | None = None
    address: str | None = None
    """Of a hub, `https://...`, where the source is no file."""
    map: Map = field(default_factory=Map)
    observed_at: datetime | None = None
    """None: the source tells."""
    say: Callable[[str], None] = lambda _: None


@dataclass(frozen=True)
class Incoming:
    source: str
    kind: str
    type: str | None
    """None: of several types. `paper`: the relation is `incoming_papers` (papers.py)."""
    digest: str
    """Of the content, hexadecimal: the same content is ingested once."""
    told: frozenset[str]
    """The columns that the source has at all."""
    content: str | None = None
    """The digest without the times, of a source that is asked again and again: the same on the same
    day as the newest is no other observation. None: it is never compared."""
    is_whole: bool = False
    """Each capture lists every repo there was."""
    has_own_times: bool = False
    """Each row tells when it was observed: where hardly a repo has two, that is one look."""
    looked_at: tuple[tuple[str, datetime], ...] = ()
    """Captures (type, time) there were, whether or not they have a row."""
    is_certain: bool = False
    """However little a whole capture lists, it is all there is."""
    licence: str | None = None
    attribution: str | None = None
    origin: str | None = None
    is_synthetic: bool = False
    is_redistributable: bool | None = None
    broken: str | None = None
    """A SELECT of (reason, example, line) for what never became a row, once `incoming` was read."""

    @property
    def is_counted(self) -> bool:
        return not self.told.isdisjoint(COUNTERS)

    @property
    def is_described(self) -> bool:
        """Dates and names alone describe no repo: what is known of it stands."""
        return not self.told.isdisjoint(DESCRIBING)


def select_incoming(told: Mapping[str, str], rows: str) -> str:
    """A SELECT with all of `COLUMNS`: those told by their expressions over `rows`, else null."""
    parts = (
        f'{told[name]} as "{name}"' if name in told else f'cast(null as {kind}) as "{name}"'
        for name, kind in COLUMNS.items()
    )
    return f"select {', '.join(parts)} from {rows}"  # noqa: S608
