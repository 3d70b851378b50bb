"""Ten seconds of the soak, and what its verdict rests on."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bench.soak import MIB, Sample, Verdict, errors_of, soak, trend
from bench.soak_world import Kept, World
from live import LiveHub

CLEAN = "2026-01-01T00:00:00.000Z info    hearthub.access POST /api/repos/create 200 ms=3.1"


def samples(memory: Callable[[float], float], minutes: int = 20) -> list[Sample]:
    """One every two seconds, of so many MiB at a second."""
    times = range(0, minutes * 60, 2)
    return [Sample(at, int(memory(at) * MIB), 50, 20, {}, {}, {}) for at in times]


def verdict(memory: Callable[[float], float]) -> Verdict:
    found = samples(memory)
    slope, ratio = trend(found)
    return Verdict(found, slope, ratio, 0, [], [], 10, 2, 10, 0, {"due": 0, "dead": 0})


@pytest.mark.slow
def test_ten_seconds_of_everything(tmp_path: Path) -> None:
    found = soak(tmp_path, minutes=1 / 6, callers=6, seed=7, every_s=2, say=False)
    assert found.is_good, str(found)
    assert found.acknowledged > found.by_real > 0
    assert found.read_back > 0
    answered = found.samples[-1].statuses
    assert answered["2xx"] > 50
    assert answered["4xx"] > 10


def test_memory_that_warms_up_and_stays_is_flat() -> None:
    found = verdict(lambda at: 100 + min(50, at / 3))
    assert found.is_good, str(found)
    assert found.slope == pytest.approx(0, abs=0.01)


def test_memory_that_goes_on_growing_is_not_flat() -> None:
    found = verdict(lambda at: 150 + at / 30)
    assert not found.is_flat
    assert found.slope == pytest.approx(120 * 1.048576, rel=0.01)  # MB an hour


@pytest.mark.parametrize(
    "wrong",
    [
        {"server_errors": 1},
        {"log_errors": ["an error"]},
        {"complaints": ["404 for what was acknowledged"]},
        {"lost": 1},
        {"left": {"due": 0, "dead": 1}},
        {"left": {"due": 3, "dead": 0}},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_anything_wrong_is_told(wrong: dict[str, object]) -> None:
    assert not replace(verdict(lambda _: 100), **wrong).is_good


def test_errors_of_a_log() -> None:
    error = CLEAN.replace("info ", "error")
    trace = "Traceback (most recent call last):\nKeyError: 7"
    failed = CLEAN.replace("info   ", "warning") + " job 7 refresh:7 failed (attempt 1): KeyError()"
    assert errors_of(f"{CLEAN}\nlistening") == []
    assert errors_of("\n".join([CLEAN, error, trace, CLEAN, failed])) == [
        f"{error}\n    Traceback (most recent call last):\n    KeyError: 7",
        failed,
    ]


def test_what_does_not_read_back_is_lost(hub: LiveHub) -> None:
    world = World()
    world.add("model", "alice/never-made", [Kept("0" * 40, "a.bin", 1, 10)])
    with hub.client("root") as reader:
        assert world.read_all_back(reader) == 1
    assert world.read_back == 1
    assert "alice/never-made" in world.complaints[0]
