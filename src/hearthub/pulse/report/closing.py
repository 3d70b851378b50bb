"""What every report ends with: what is to be read with care."""

from collections.abc import Iterator

from hearthub.pulse.report.asking import Answers
from hearthub.pulse.report.document import Block, Column, Sentence, Table, Term
from hearthub.pulse.report.leaving import left_out

_KEYS = {
    "stall days": "care.stalls",
    "CI signature": "care.ci",
    "near-duplicate upload": "care.duplicates",
    "counter fall": "care.falls",
    "back-fill jump": "care.jumps",
    "like burst": "care.bursts",
}


def closing(answers: Answers, frame: str) -> Iterator[Block]:
    for dimension, key in _KEYS.items():
        number = answers.one(frame, "anomalies", dimension)
        if number and number.row.value:
            yield Sentence(key, {"found": number})
    shares = [
        (Term("anomaly", (number.row.dimension or "").rpartition(" / ")[0]), number)
        for number in answers.all(frame, "anomalies")
        if (number.row.dimension or "").endswith(" / share of downloads")
    ]
    if shares:
        columns = (Column("anomaly"), Column("share", "share"))
        yield Table("anomalies", columns, tuple(shares))
    if unused := answers.one(frame, "watched_not_used"):
        yield Sentence("care.watched", {"unused": unused})
    yield from left_out(answers, frame, "watched", ("watched_not_used", None))
