"""Repos as lines of JSON, under the names that the Hub's API has for their fields.

n            the number of the line: where a repo has several, the last one counts
id, author, createdAt, ...   as the hub said them, whatever they are
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from hearthub.lake import Session
from hearthub.pulse.sources.hub_stats import describe_repo
from hearthub.pulse.sources.incoming import select_incoming
from hearthub.pulse.sources.reading import Column, literal, quoted, text
from hearthub.pulse.statements import sql_text

TYPES = ("model", "dataset", "space")
_EVERY = "author createdAt lastModified likes trendingScore tags".split()
FACTS: Mapping[str, tuple[str, ...]] = {
    "model": (
        *_EVERY,
        *"downloads downloadsAllTime gated pipeline_tag library_name safetensors gguf".split(),
        "baseModels",
    ),
    "dataset": (*_EVERY, "downloads", "downloadsAllTime", "gated"),
    "space": (*_EVERY, "sdk"),
}
"""The fields of a repo that are asked for and kept."""
FORMERLY = "formerly"
"""Of our own repos alone: another hub does not say it, and must not say it of others."""
_GGUF = ("total", "architecture")  # and no chat template, which is long and a stranger's
MAX_LINE = 2**25  # bytes


@dataclass(frozen=True)
class Spooled:
    """A file of repos of one type, and when they were so."""

    type: str
    path: Path
    observed_at: datetime


def line(number: int, kind: str, row: Any, more: Iterable[str] = ()) -> bytes:
    """What is kept of a row of a list, and `more` of it; one that is no repo becomes a line without
    an id."""
    kept: dict[str, Any] = {"n": number}
    if isinstance(row, dict):
        kept |= {
            name: row[name] for name in ("id", *FACTS[kind], *more) if row.get(name) is not None
        }
        if isinstance(gguf := kept.get("gguf"), dict):
            kept["gguf"] = {name: gguf[name] for name in _GGUF if name in gguf}
    try:
        return _line(kept)
    except TypeError:  # half a character, a number beyond 64 bits, or nested too deeply
        try:
            plain = json.dumps(kept, ensure_ascii=False, allow_nan=False)
            return _line(orjson.loads(plain.encode("utf-8", "replace")))
        except (TypeError, ValueError, RecursionError):
            return _line({"n": number})


def _line(row: Any) -> bytes:
    return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


def digest(parts: Iterable[Spooled]) -> str:
    return digests(parts)[0]


def digests(parts: Iterable[Spooled]) -> tuple[str, str]:
    """Of content and times, and of the content alone."""
    found, alone = hashlib.sha256(), hashlib.sha256()
    for part in parts:
        with part.path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        found.update(f"{part.type} {part.observed_at} {content}\n".encode())
        alone.update(f"{part.type} {content}\n".encode())
    return found.hexdigest(), alone.hexdigest()


def make_incoming(
    session: Session, parts: Iterable[Spooled], *, has_former_names: bool = False
) -> frozenset[str]:
    """Leaves the view `incoming` of all of them; the columns that they tell."""
    selects, told = [], set()
    for part in parts:
        file = literal(str(part.path))
        session.execute(sql_text("superseded", type=part.type, file=file, most=MAX_LINE))
        names = ("id", *FACTS[part.type], *((FORMERLY,) if has_former_names else ()))
        columns = {name: Column(quoted(name), "JSON") for name in names}
        listed = ", ".join(f"{literal(name)}: 'JSON'" for name in names)
        rows = sql_text("spooled", type=part.type, file=file, columns=listed, most=MAX_LINE)
        found = describe_repo(session, columns, rows, part.type)
        if has_former_names:
            found["formerly"] = text(columns[FORMERLY])
        found["nth"] = "n"
        found["observed_at"] = f"timestamp {literal(str(part.observed_at))}"
        selects.append(select_incoming(found, rows))
        told |= set(found) - {"nth"}
    session.execute(f"create temp view incoming as {' union all '.join(selects)}")
    return frozenset(told)
