"""Whether a report says what the lake says: every number worked out again, every sentence too, and
which numbers, tables and charts it has (retelling.py)."""

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from hearthub.errors import BadRequest, HearthubError
from hearthub.lake import Lake
from hearthub.pulse.framing import open_frame
from hearthub.pulse.measures import measure_one, needs_of
from hearthub.pulse.metric import MetricRow
from hearthub.pulse.report.document import Number, Query, Sentence, Slot, Term, Text
from hearthub.pulse.report.retelling import retold
from hearthub.pulse.report.sentences import LANGUAGES, words
from hearthub.pulse.report.writing import FORMAT

MOST_BYTES = 64 * 2**20
CLOSE = 1e-9
"""Relative: sums of floating-point numbers depend on their order."""
_EXACT = ("metric", "version", "universe", "source", "window_start", "window_end", "n", "snapshots")
_FLOATS = ("numerator", "denominator", "value", "lo", "hi", "coverage")


@dataclass(frozen=True)
class Difference:
    where: str
    """The id of a number, or the section and place of a sentence."""
    field: str
    said: object
    found: object


def verify_report(
    lake: Lake, path: Path, say: Callable[[str], None] = lambda _: None
) -> tuple[int, list[Difference]]:
    """How many numbers there were, and what differs. Raises BadRequest for what is no report."""
    report = _read(path)
    try:
        numbers = {id_: (_query(entry["query"]), dict(entry["row"])) for id_, entry in
                   report["numbers"].items()}  # fmt: skip
        found = list(_numbers(lake, numbers, say)) + list(_sentences(report))
        say("the report as a whole")
        found += [Difference(*each) for each in retold(lake, report)]
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise BadRequest(f"{path.name} is no whole report: {error!r}") from None
    return len(numbers), found


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        found = json.loads(content) if len(content) <= MOST_BYTES else None
    except OSError as error:
        raise BadRequest(f"{path.name} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise BadRequest(f"{path.name} is no report.json of this format")
    return found


def _query(told: dict[str, Any]) -> Query:
    by = told["by"]
    return Query(str(told["metric"]), None if by is None else str(by), str(told["universe"]),
                 str(told["window"]))  # fmt: skip


def _numbers(
    lake: Lake, numbers: dict[str, tuple[Query, dict[str, Any]]], say: Callable[[str], None]
) -> Iterator[Difference]:
    frames: dict[tuple[str, str], dict[tuple[str, str | None], list[str]]] = {}
    for id_, (query, _) in numbers.items():
        asks = frames.setdefault((query.universe, query.window), {})
        asks.setdefault((query.metric, query.by), []).append(id_)
    for (universe, window), asks in frames.items():
        say(f"{universe}, {window}: {sum(map(len, asks.values()))} numbers")
        try:
            again = _again(lake, universe, window, list(asks))
        except HearthubError as error:
            ids = [id_ for some in asks.values() for id_ in some]
            yield from (Difference(id_, "query", "a number", str(error)) for id_ in ids)
            continue
        for ask, ids in asks.items():
            rows = {_place(row): row for row in again[ask]}
            for id_ in ids:
                yield from _compare(id_, numbers[id_][1], rows.get(_place(numbers[id_][1])))


def _again(
    lake: Lake, universe: str, window: str, asks: list[tuple[str, str | None]]
) -> dict[tuple[str, str | None], list[dict[str, Any]]]:
    with lake.reading() as session:
        frame = open_frame(session, universe, window, needs_of(asks))
        return {
            (metric, by): [row.to_json() for row in measure_one(frame, metric, by)]
            for metric, by in asks
        }


def _place(row: dict[str, Any]) -> tuple[Any, ...]:
    return row.get("dimension"), row["window_start"], row["window_end"]


def _compare(id_: str, said: dict[str, Any], found: dict[str, Any] | None) -> Iterator[Difference]:
    if found is None:
        yield Difference(id_, "row", said.get("dimension"), None)
        return
    for name in _EXACT:
        if said[name] != found[name]:
            yield Difference(id_, name, said[name], found[name])
    for name in _FLOATS:
        if not _is_close(said[name], found[name]):
            yield Difference(id_, name, said[name], found[name])
    if said.get("reason") != found.get("reason"):
        yield Difference(id_, "reason", said.get("reason"), found.get("reason"))


def _is_close(one: Any, other: Any) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(float(one), float(other), rel_tol=CLOSE, abs_tol=1e-12)


def _sentences(report: dict[str, Any]) -> Iterator[Difference]:
    """The words of each sentence, made again from its numbers."""
    numbers = {
        id_: Number(_row(entry["row"]), _query(entry["query"]))
        for id_, entry in report["numbers"].items()
    }
    for section in report["sections"]:
        for index, block in enumerate(section["blocks"]):
            if "sentence" not in block:
                continue
            slots = {name: _slot(told, numbers) for name, told in block["slots"].items()}
            for language in LANGUAGES:
                text = words(language).sentence(Sentence(block["sentence"], slots))
                if text != block["text"][language]:
                    where = f"{section['section']} {index + 1}"
                    yield Difference(where, language, block["text"][language], text)


def _slot(told: dict[str, str], numbers: dict[str, Number]) -> Slot:
    if "number" in told:
        return numbers[told["number"]]
    if "text" in told:
        return Text(told["text"])
    group, _, key = told["term"].partition(".")
    return Term(group, key)


def _row(told: dict[str, Any]) -> MetricRow:
    days = {key: date.fromisoformat(told[key]) for key in ("window_start", "window_end")}
    return MetricRow(**{"dimension": None, **told, **days, "snapshots": tuple(told["snapshots"])})
