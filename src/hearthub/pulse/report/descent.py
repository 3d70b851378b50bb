"""What a season says of whose models others are made from, of their data, and of what went."""

from collections.abc import Iterator

from hearthub.pulse.report.asking import Answers
from hearthub.pulse.report.document import Block, Sentence, Term
from hearthub.pulse.report.leaving import left_out
from hearthub.pulse.universe import UNKNOWN


def base_countries(answers: Answers, frame: str) -> Iterator[Block]:
    """The first country by bases, beside the one by publishers that was told before."""
    for by, key in ((None, "descent.first"), ("derivatives", "descent.derived")):
        known = [
            n
            for n in answers.all(frame, "share_base_country", by)
            if n.row.value is not None and n.row.dimension != UNKNOWN
        ]
        if known:
            country = Term("country", known[0].row.dimension or "")
            yield Sentence(key, {"share": known[0], "class": country})
    yield from left_out(answers, frame, "base_countries", ("share_base_country", None))


def disclosure(answers: Answers, frame: str) -> Iterator[Block]:
    share = answers.one(frame, "data_disclosed", "of downloads")
    models = answers.one(frame, "data_disclosed", "of models")
    if share and models:
        yield Sentence("licences.data", {"share": share, "models": models})
    yield from left_out(answers, frame, "disclosure", ("data_disclosed", None))


def removed(answers: Answers, frame: str) -> Iterator[Block]:
    if gone := answers.one(frame, "removals", "share"):
        yield Sentence("care.removed", {"gone": gone})
        if rate := answers.one(frame, "removals", "a month"):
            yield Sentence("care.removal_rate", {"rate": rate})
    yield from left_out(answers, frame, "removals", ("removals", None))
