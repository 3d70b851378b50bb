"""What must hold of any history: shares, bounds, nesting, additivity."""

from collections.abc import Callable
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hearthub.lake import Lake
from hearthub.pulse import Measures, MetricRow, known_metrics, measure, measure_all
from pulse.histories import DAY, START, Told, write

NewLake = Callable[[], Lake]
DAYS = 50
few = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    # Each example is a lake: to find the smallest would take many minutes.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@st.composite
def histories(draw: st.DrawFn) -> list[Told]:
    """Counters that only rise, of repos old and young, some gone, some of unknown task."""
    repos = []
    for number in range(draw(st.integers(1, 12))):
        steps = draw(st.lists(st.integers(0, 9), min_size=DAYS, max_size=DAYS))
        scale = draw(st.sampled_from([0, 1, 10, 100_000, 10**12]))
        likes = draw(st.lists(st.integers(0, 3), min_size=DAYS, max_size=DAYS))
        born = draw(st.sampled_from([-400, 0, 10, 45]))
        repos.append(
            Told(
                f"{draw(st.sampled_from(['a', 'b', 'c']))}/{number}",
                d_all=list(accumulate(step * scale for step in steps)),
                likes=list(accumulate(likes)),
                created=START + born * DAY,
                removed=draw(st.sampled_from([None, None, START + 30 * DAY]))
                if born < 30
                else None,
                task=draw(st.sampled_from([None, "fill-mask", "robotics"])),
                parameters=draw(st.sampled_from([None, 0, 1, 7 * 10**9, 2 * 10**11, 2**62])),
            )
        )
    return repos


def made(new_lake: NewLake, repos: list[Told]) -> Lake:
    lake = new_lake()
    with TemporaryDirectory() as folder:
        write(lake, repos, Path(folder))
    return lake


@few
@given(repos=histories())
def test_every_metric_answers_and_its_numbers_are_in_bounds(
    new_lake: NewLake, repos: list[Told]
) -> None:
    lake = made(new_lake, repos)
    with Measures(lake).frame("model", "30d") as frame:
        found = measure_all(frame, [m.id for m in known_metrics() if "model" in m.types])
    for name, rows in found.items():
        for row in rows:
            assert row.coverage is None or 0 <= row.coverage <= 1 + 1e-9, name
            if row.value is not None and row.lo is not None and row.hi is not None:
                assert row.lo <= row.value + 1e-9 * abs(row.value), name
                assert row.value <= row.hi + 1e-9 * abs(row.hi), name
            if name.startswith(("share_", "downloads_gini", "downloads_top")):
                assert row.value is None or -1e-9 <= row.value <= 1 + 1e-9, name
            if name.startswith("size_"):
                assert row.value is None or row.value >= 0, name
    for name in (name for name in found if name.startswith("share_")):
        total = sum(row.value for row in found[name] if row.value is not None)
        assert not found[name] or total == pytest.approx(1) or found[name][0].value is None


@few
@given(repos=histories(), cut=st.integers(12, DAYS - 2))
def test_downloads_of_two_windows_add_up(new_lake: NewLake, repos: list[Told], cut: int) -> None:
    measures = Measures(
        made(
            new_lake,
            [r for r in repos if r.removed is None] or repos[:0] or [Told("a/x", d_all=[1] * DAYS)],
        )
    )

    def downloads(first: int, last: int) -> float:
        window = f"{START + first * DAY}..{START + last * DAY}"
        (row,) = measures.metric("period_downloads", window=window)
        return row.value or 0

    # Repos are born on day 10 or 45, or were there before: all of the window is known of them.
    first = downloads(11, cut)
    if cut < 44:
        assert first + downloads(cut + 1, DAYS - 1) == pytest.approx(downloads(11, DAYS - 1))
    else:
        assert first <= downloads(11, DAYS - 1) + 1e-6


@few
@given(repos=histories())
def test_universes_nest(new_lake: NewLake, repos: list[Told]) -> None:
    measures = Measures(made(new_lake, repos))
    whole = measures.metric("period_downloads", by="author")
    for name in ("recent-90", "active", "tracked"):
        part = measures.metric("period_downloads", by="author", universe=f"model/{name}")
        counts = {row.dimension: row.n for row in whole}
        for row in part:
            if row.dimension is not None:
                assert row.n <= counts[row.dimension]


@few
@given(repos=histories())
def test_classes_of_a_dimension_add_up_to_the_whole(new_lake: NewLake, repos: list[Told]) -> None:
    measures = Measures(made(new_lake, repos))
    (whole,) = measures.metric("period_downloads")
    for by in ("task", "author", "launch_year", "size_class"):
        rows = measures.metric("period_downloads", by=by)
        assert sum(row.value or 0 for row in rows) == pytest.approx(whole.value or 0)
        assert sum(row.n for row in rows) == whole.n
    months = measures.metric("period_downloads", by="month", window=f"{DAYS - 1}d")
    days = [(row.window_end - row.window_start).days + 1 for row in months]
    assert sum(days) == DAYS - 1


@few
@given(repos=histories())
def test_the_same_question_has_the_same_answer(new_lake: NewLake, repos: list[Told]) -> None:
    """Whatever came before it over the same frame, and in whatever order it was written."""
    metrics = [m for m in known_metrics() if "model" in m.types]
    with Measures(made(new_lake, repos)).frame("model", "30d") as frame:
        first = {m.id: measure(frame, m) for m in metrics}
    with Measures(made(new_lake, repos[::-1])).frame("model", "30d") as frame:
        second = {m.id: measure(frame, m) for m in reversed(metrics)}
    for name, rows in first.items():
        assert list(map(rounded, rows)) == list(map(rounded, second[name])), name


def rounded(row: MetricRow) -> dict[str, object]:
    """Sums may be added in another order, and the file is another one."""
    values = {key: value for key, value in row.to_json().items() if key != "snapshots"}
    return {k: float(f"{v:.9g}") if isinstance(v, float) else v for k, v in values.items()}
