"""Names that strangers make up: nothing raises, and the work grows with the length alone."""

import re
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hearthub.fit import name_labels, names
from hearthub.fit.names import LONGEST, parse_name

PIECES = "1 9 . - _ x X a A e E b B m T Q4 _K UD- IQ MXFP4 8x7B A3B -00001-of- w8a8 int 4bit / é ٣"


@given(st.lists(st.sampled_from(PIECES.split(" ")) | st.text(max_size=3), max_size=120))
@example(["1" * LONGEST])
@example(["1.1"] * 80)
@example(["/"])
@example([""])
def test_never_raises(pieces: list[str]) -> None:
    facts = parse_name("".join(pieces))
    for size in (facts.total, facts.active, facts.effective, facts.per_expert):
        assert size is None or 0 < size <= names.LARGEST
    assert facts.bits is None or 1 <= facts.bits <= 16


@pytest.mark.parametrize("module", [names, name_labels])
def test_every_pattern_is_bounded(module: object) -> None:
    """No pattern repeats another pattern without a limit, so none can backtrack for long."""
    patterns = [p for p in vars(module).values() if isinstance(p, re.Pattern)]
    patterns += [pattern for pattern, _ in vars(module).get("_SPELLINGS", ())]
    assert patterns
    for pattern in patterns:
        assert re.search(r"(?<!\\)[*]|(?<!\]|\\)[+]|[,]}", pattern.pattern) is None, pattern


def test_steps_grow_with_the_length() -> None:
    """Lines of ours that run for one name and for eight of them in a row."""
    name = "1.1b-8x7b-a3b-Q4_K_M-w8a8-"

    def steps(text: str) -> int:
        count = 0

        def trace(*_: object) -> object:
            nonlocal count
            count += 1
            return trace

        sys.settrace(trace)
        try:
            parse_name(text)
        finally:
            sys.settrace(None)
        return count

    assert steps(name * 8) < 10 * steps(name)
