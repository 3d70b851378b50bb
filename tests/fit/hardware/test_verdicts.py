"""What fits: the limits of each verdict, and the longest context."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthub.fit.verdicts import CONTEXT_STEP, DESKTOP_BASELINE, judge, largest_context

GIB = 2**30


@pytest.mark.parametrize(
    ("need", "verdict"), [(0, "fits"), (900, "fits"), (901, "tight"), (1000, "tight"), (1001, "no")]
)
def test_limits(need: int, verdict: str) -> None:
    assert judge(need, 1000).verdict == verdict


def test_a_desktop_keeps_a_part() -> None:
    assert judge(10 * GIB, 12 * GIB).verdict == "fits"
    with_desktop = judge(10 * GIB, 12 * GIB, DESKTOP_BASELINE)
    assert (with_desktop.verdict, with_desktop.free_bytes) == ("tight", 11 * GIB)
    assert judge(1, GIB, 2 * GIB).verdict == "no"


def test_reasons() -> None:
    assert judge(GIB, 2 * GIB).reason == "needs 1.00 GiB of 2.00 GiB free"
    assert judge(3 * GIB, 2 * GIB).reason.endswith(": 1.00 GiB too much")


def test_longest_context() -> None:
    """4 GiB of weights and 131,072 bytes per token (Llama-3.1-8B), in 90 % of 8 GiB."""

    def need(context: int) -> int:
        return 4 * GIB + context * 131_072

    assert largest_context(need, 131_072, 8 * GIB) == 26_112
    assert largest_context(need, 20_000, 8 * GIB) == 20_000
    assert largest_context(need, 131_072, 8 * GIB, GIB) == 18_688
    assert largest_context(need, 131_072, 4 * GIB) is None
    assert largest_context(need, 0, 8 * GIB) is None


@given(st.integers(1, 10**7), st.integers(0, 10**6), st.integers(1, 10**3), st.integers(0, 10**9))
def test_it_fits_and_one_step_more_does_not(most: int, base: int, slope: int, memory: int) -> None:
    calls = []

    def need(context: int) -> int:
        calls.append(context)
        return base + slope * context

    longest = largest_context(need, most, memory)
    assert len(calls) <= 30
    if longest is None:
        assert most < CONTEXT_STEP or judge(need(CONTEXT_STEP), memory).verdict != "fits"
        return
    assert judge(need(longest), memory).verdict == "fits"
    assert longest == most or longest % CONTEXT_STEP == 0
    if longest < most:
        assert judge(need(min(most, longest + CONTEXT_STEP)), memory).verdict != "fits"
