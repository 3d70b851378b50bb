"""What a report leaves out, and why: a zero in its place would be made up."""

from collections.abc import Iterator

from hearthub.pulse.report.asking import Answers, Ask
from hearthub.pulse.report.document import Sentence, Term
from hearthub.pulse.told import lacking


def left_out(answers: Answers, frame: str, what: str, *asks: Ask) -> Iterator[Sentence]:
    """A sentence if the first of these questions has no answer but a reason."""
    for ask in asks:
        if reason := answers.why(frame, *ask):
            yield _sentence(what, reason)
            return


def untold(answers: Answers, frame: str, what: str, need: str) -> Iterator[Sentence]:
    """The same of what no metric is asked for."""
    if need in answers.lacks[frame]:
        yield _sentence(what, lacking(need))


def _sentence(what: str, reason: str) -> Sentence:
    return Sentence("left.out", {"what": Term("left_out", what), "reason": Term("reason", reason)})
