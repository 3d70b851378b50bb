"""How many parameters a model has, from the best source there is, and what contradicts it.

A header counts what is stored, a config what transformers builds from it, the curated table what we
measured of models whose names tell no size, and a name is a hint.
"""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from hearthub.fit.architecture import Architecture
from hearthub.fit.counts import Counts, counts_of
from hearthub.fit.names import NameFacts, parse_name
from hearthub.fit.weights import Checkpoint, Tensor

SizeSource = Literal["header", "config", "curated", "name"]

APART = 0.1
"""Names round: Llama-3.1-8B has 8.03 B. What differs by more is a contradiction."""
APART_MEASURED = 0.02
"""Between a header and what its config builds."""
_DRAFT = re.compile(r"(?:^|\.)(?:mtp|nextn)(?:[._]|$)")
_TOWER = re.compile(r"vis|audio|encoder|tower|talker")
_OTHER = re.compile(r"distil|lora|adapter|draft|eagle|embed|reward")
"""In the names of what was made with a model's help, and is none of its size."""
_LAYER = re.compile(r"(?:^|\.)(?:blk|layers)\.(\d{1,6})\.")


@dataclass(frozen=True)
class Sizes:
    """Parameters; None where no source tells them."""

    total: int | None = None
    """Without layers that only draft tokens (MTP)."""
    active: int | None = None
    """At work for one token, the table looked up by token included."""
    active_without_embedding: int | None = None
    effective: int | None = None
    """Without any embedding table, as `Counts` has it: the E of E2B."""
    draft: int = 0
    """Stored, and not loaded by default: layers that only draft tokens."""
    source: SizeSource | None = None
    experts: int = 0
    active_experts: int = 0
    conflicts: tuple[str, ...] = ()
    """What the other sources say, where that is something else."""


@dataclass(frozen=True, slots=True)
class Curated:
    """Parameters of a model that we measured."""

    total: int
    active: int | None = None


def sizes_of(
    name: str, parts: Iterable[Checkpoint], architecture: Architecture | None, *, is_adapter: bool
) -> Sizes:
    """`parts`: the checkpoint, or all components of a pipeline. An adapter's name tells its base's
    size, and is not believed."""
    tensors = [tensor for part in parts for tensor in part.tensors]
    counts = counts_of(architecture) if architecture else None
    stated = NameFacts() if is_adapter else parse_name(name)
    stored = sum(tensor.parameters for tensor in tensors)
    if stored:
        draft = _draft(tensors, len(architecture.layers) if architecture else None)
        return _measured(stored - draft, draft, counts, stated)
    if counts and counts.total:
        conflicts = _against("config", counts.total, stated)
        return _sizes(counts.total, counts, "config", conflicts)
    return _told(name, stated)


def told_of(name: str) -> Sizes:
    """Of a model that is known by its name alone."""
    return _told(name, parse_name(name))


def curated_of(name: str) -> Curated | None:
    """Of a model whose name tells no size, or a version of it: a fine-tune keeps its base's name.

    The longest entry that the name starts with counts.
    """
    last = name.rpartition("/")[2].lower()[:200]
    if not last.startswith(_starts()) or _OTHER.search(last):
        return None
    found = [key for key in _table() if last == key or last.startswith((f"{key}-", f"{key}."))]
    return _table()[max(found, key=len)] if found else None


def rounded_of(name: str, stated: float) -> int | None:
    """What a size in billions stands for in the names of families that round by more than a tenth:
    Llama-3.2-1B has 1.24 B."""
    last = name.rpartition("/")[2].lower()[:200].replace("_", "-")
    found = (
        total for pattern, size, total in _rounded() if size == stated and pattern.search(last)
    )
    return next(found, None)


def _measured(total: int, draft: int, counts: Counts | None, stated: NameFacts) -> Sizes:
    conflicts = _against("header", total, stated)
    if counts and abs(counts.total - total) > APART_MEASURED * total:
        conflicts += (
            f"the header counts {_billions(total)}, its config {_billions(counts.total)}",
        )
    return _sizes(total, counts, "header", conflicts, draft)


def _sizes(
    total: int,
    counts: Counts | None,
    source: SizeSource,
    conflicts: tuple[str, ...],
    draft: int = 0,
) -> Sizes:
    """What the shape says of experts and tables, taken from this total."""
    if counts is None:
        return Sizes(total, source=source, draft=draft, conflicts=conflicts)
    text = max(0, total - (counts.total - counts.text))
    active = max(0, text - (counts.text - counts.active))
    return Sizes(
        total=total,
        active=active,
        active_without_embedding=max(0, active - (counts.active - counts.active_without_embedding)),
        effective=max(0, total - (counts.total - counts.effective)),
        draft=draft,
        source=source,
        experts=counts.experts,
        active_experts=counts.active_experts,
        conflicts=conflicts,
    )


def _told(name: str, stated: NameFacts) -> Sizes:
    experts = stated.experts or 0
    if stated.size is not None:
        active = round(stated.active * 1e9) if stated.active else None
        effective = round(stated.effective * 1e9) if stated.effective else None
        if rounded := rounded_of(name, stated.size):
            return Sizes(rounded, source="curated")
        total = round(stated.size * 1e9)
        return Sizes(total, active, effective=effective, source="name", experts=experts)
    if known := curated_of(name):
        return Sizes(known.total, known.active, source="curated")
    effective = round(stated.effective * 1e9) if stated.effective else None
    return Sizes(effective=effective, source="name" if effective else None, experts=experts)


def _against(source: SizeSource, total: int, stated: NameFacts) -> tuple[str, ...]:
    size = stated.size
    if size is None or abs(size * 1e9 - total) <= APART * total:
        return ()
    return (f"the name says {size:g} B, the {source} {_billions(total)}",)


def _draft(tensors: Iterable[Tensor], layers: int | None) -> int:
    """Named as such, or of layers beyond those that the config counts."""
    return sum(t.parameters for t in tensors if _is_draft(t.name, layers))


def _is_draft(name: str, layers: int | None) -> bool:
    if _DRAFT.search(name):
        return True
    found = _LAYER.search(name) if layers else None
    # A tower of vision may have more layers than the text: its names say what it is.
    is_text = found is not None and not _TOWER.search(name[: found.start()])
    return bool(layers and found and is_text and int(found[1]) >= layers)


def _billions(count: int) -> str:
    return f"{count / 1e9:.3g} B"


@cache
def _starts() -> tuple[str, ...]:
    return tuple(_table())


@cache
def _table() -> dict[str, Curated]:
    return {row["name"]: Curated(row["total"], row.get("active")) for row in _file()["model"]}


@cache
def _rounded() -> list[tuple[re.Pattern[str], float, int]]:
    return [
        (re.compile(rf"(?<![a-z0-9])(?:{row['name']})"), row["stated"], row["total"])
        for row in _file()["rounded"]
    ]


@cache
def _file() -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads(files("hearthub.fit").joinpath("curated.toml").read_text("utf-8"))
