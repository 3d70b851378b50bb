"""Whether a report is the one that the lake tells: which blocks, in which order, of which sources.

Every number of a report may be right while a table has them beside other names, a chart shows
another, a section is missing, or what is made up is not called so. So the report is made again, and
what is said of it compared, with each number in it as what makes it and not by its value: whether
the values are right is told elsewhere (verifying.py).
"""

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import zip_longest
from typing import Any

from hearthub.errors import BadRequest, HearthubError
from hearthub.lake import Lake
from hearthub.pulse.report.document import Report
from hearthub.pulse.report.making import make_report
from hearthub.pulse.report.sharing import shareable
from hearthub.pulse.report.writing import to_json

Told = Mapping[str, Any]
Found = tuple[str, str, object, object]
"""Where, which field, what was said, what is found."""
_HEAD = ("report", "until", "universe", "window", "synthetic", "sources")


def made_again(lake: Lake, told: Told) -> Report:
    """The report of that kind, universe and day. Raises HearthubError where there is none."""
    try:
        until = date.fromisoformat(told["until"])
    except ValueError:
        raise BadRequest(f"{told['until']!r} is no date") from None
    made = make_report(lake, str(told["report"]), str(told["universe"]), until)
    return shareable(made)


def retold(lake: Lake, told: Told) -> Iterator[Found]:
    """What the report has that it would not have, and the other way round."""
    try:
        found: Told = to_json(made_again(lake, told))
    except HearthubError as error:
        yield "report", "report", "a report", str(error)
        return
    for name in _HEAD:
        if told[name] != found[name]:
            yield "report", name, told[name], found[name]
    for said, now in zip_longest(_sections(told), _sections(found)):
        yield from _section(said, now)


def _section(said: Told | None, now: Told | None) -> Iterator[Found]:
    if said is None or now is None or said["section"] != now["section"]:
        name = (said or now or {})["section"]
        yield str(name), "section", said and said["section"], now and now["section"]
        return
    if said["title"] != now["title"]:
        yield now["section"], "title", said["title"], now["title"]
    for index, (one, other) in enumerate(zip_longest(said["blocks"], now["blocks"])):
        if one != other:
            yield f"{now['section']} {index + 1}", "block", *_apart(one, other)


def _apart(one: Any, other: Any) -> tuple[object, object]:
    """The first parts in which they differ."""
    while isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        name = next(name for name in one if one[name] != other[name])
        one, other = one[name], other[name]
        if isinstance(one, list) and isinstance(other, list):
            pairs = zip_longest(one, other)
            # Where there is none, one of them only goes on, with null.
            one, other = next(((a, b) for a, b in pairs if a != b), (one, other))
    return one, other


def _sections(told: Told) -> Iterator[Told]:
    makers = {id_: _maker(entry) for id_, entry in told["numbers"].items()}
    for section in told["sections"]:
        blocks = [_block(block, makers) for block in section["blocks"]]
        yield {"section": section["section"], "title": section["title"], "blocks": blocks}


def _maker(entry: Told) -> dict[str, Any]:
    """What makes a number: the question, and which row of the answer."""
    row = entry["row"]
    place = {name: row.get(name) for name in ("dimension", "window_start", "window_end")}
    return {**entry["query"], **place}


def _block(told: Told, makers: Mapping[str, Told]) -> Any:
    """Without the words of a sentence, which follow from the rest of it."""
    return {name: _made(it, makers) for name, it in told.items() if name != "text"}


def _made(told: Any, makers: Mapping[str, Told]) -> Any:
    if isinstance(told, list):
        return [_made(it, makers) for it in told]
    if not isinstance(told, dict):
        return told
    return {
        name: makers[it] if name == "number" and isinstance(it, str) else _made(it, makers)
        for name, it in told.items()
    }
