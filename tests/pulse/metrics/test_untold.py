"""What a source does not tell is no zero: it has no value, and a reason."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from hearthub.errors import BadRequest
from hearthub.lake import Lake
from hearthub.pulse import Measures, Metric, MetricRow, known_metrics, measure
from hearthub.pulse.report.document import Sentence
from hearthub.pulse.report.making import make_report
from hearthub.pulse.report.sentences import words
from hearthub.pulse.told import NEEDS, NOT_YET, REASONS, lacking
from needs import needs_data
from pulse.lakes import START, history, panel

SHAPES: dict[str, tuple[str, ...]] = {
    "likes": ("likes",),
    "30-day downloads": ("downloads_30d",),
    "all-time downloads": ("downloads_all",),
    "dates": ("created_at", "likes"),
}
PACE = {f"m{number}/x": float(number) for number in range(1, 12)}
ALL = {
    "created_at": "2026-01-05",
    "base_model": "other/base",
    "relation": "quantized",
    "license": "mit",
    "tags": ["dataset:a/b", "custom"],
    "parameters": 7_000_000_000,
    "removed": False,
    "downloads_30d": 3000,
}


def ask(lake: Lake, name: str, by: str | None = None, **more: Any) -> list[MetricRow]:
    return Measures(lake).metric(name, by, **more)


def told(lake: Lake, folder: Path, names: tuple[str, ...]) -> Lake:
    """Fifty days of eleven models, with those columns alone."""
    rows = [row | ALL for row in history(PACE)]
    keep = {"id", "observed_at", *names}
    panel(lake, folder, [{k: v for k, v in row.items() if k in keep} for row in rows])
    return lake


def everything(lake: Lake) -> Iterator[tuple[Metric, list[MetricRow]]]:
    with Measures(lake).frame("model", "28d") as frame:
        for metric in known_metrics():
            if "model" in metric.types:
                yield metric, measure(frame, metric)


@pytest.mark.parametrize("shape", SHAPES)
def test_no_metric_makes_up_what_is_not_told(lake: Lake, tmp_path: Path, shape: str) -> None:
    told(lake, tmp_path, SHAPES[shape])
    lacks = {need for need, any_of in NEEDS.items() if any_of.isdisjoint(SHAPES[shape])}
    for metric, rows in everything(lake):
        assert all(row.reason in (None, *REASONS) for row in rows)
        assert all(row.value is None and row.coverage == 0 for row in rows if row.reason), metric.id
        if missing := [need for need in metric.needs if need in lacks]:
            (row,) = rows
            assert (row.value, row.n, row.reason) == (None, 0, lacking(missing[0])), metric.id


def test_what_is_told_has_its_value(lake: Lake, tmp_path: Path) -> None:
    told(lake, tmp_path, ("likes", "downloads_all", *ALL))
    for metric, rows in everything(lake):
        assert not {row.reason for row in rows} & set(map(lacking, NEEDS)), metric.id


def test_likes_gained_of_a_theme_are_no_zero_where_no_repo_tells_them(
    lake: Lake, tmp_path: Path
) -> None:
    """One look: what was there is told, and not what it gained."""
    panel(lake, tmp_path, [row | ALL | {"tags": ["code"]} for row in history(PACE, last=1)])
    themes = {row.dimension: row for row in ask(lake, "themes")}
    assert themes["code / repos"].value == len(PACE)
    likes = themes["code / likes"]
    assert (likes.value, likes.n, likes.coverage) == (None, 0, 0)


def test_parts_of_a_metric_have_reasons_of_their_own(lake: Lake, tmp_path: Path) -> None:
    told(lake, tmp_path, ("likes",))
    velocity = {row.dimension: row for row in ask(lake, "velocity")}
    assert velocity["downloads a day over 7 d"].reason == lacking("downloads")
    assert velocity["likes a day over 7 d"].value == pytest.approx(sum(PACE.values()))
    (quants,) = [r for r in ask(lake, "newcomers") if r.dimension == "day-one quants"]
    assert (quants.value, quants.reason) == (None, lacking("dates of creation"))
    children = [r for r in ask(lake, "risers") if (r.dimension or "").endswith(" / children")]
    assert children
    assert {(r.value, r.reason) for r in children} == {(None, lacking("base models"))}


def test_no_licence_told_is_not_none_stated(lake: Lake, tmp_path: Path) -> None:
    told(lake, tmp_path, ("downloads_30d", "parameters"))
    (row,) = ask(lake, "share_licence")
    assert (row.value, row.coverage, row.reason) == (None, 0.0, lacking("licences"))
    assert {r.dimension for r in ask(lake, "period_downloads", "licence_class")} == {"unknown"}


def test_tags_tell_who_states_no_licence(lake: Lake, tmp_path: Path) -> None:
    told(lake, tmp_path, ("downloads_30d", "tags"))
    (row,) = ask(lake, "share_licence")
    assert (row.dimension, row.value, row.coverage) == ("none", 1.0, 1.0)
    based = {row.dimension: row for row in ask(lake, "derivatives")}["with a base"]
    assert (based.value, based.reason) == (0, None)


def test_a_universe_by_what_is_not_told(lake: Lake, tmp_path: Path) -> None:
    told(lake, tmp_path, ("likes",))
    with pytest.raises(BadRequest, match="tells no created_at"):
        ask(lake, "trending_hub", universe="model@test/recent-90")


@pytest.mark.parametrize(
    "name", ["newcomers", "derivatives", "downloads_gini", "period_downloads", "removals", "movers"]
)
def test_a_window_before_the_first_look(hub_stats: Lake, name: str) -> None:
    (row,) = ask(hub_stats, name, window="2020")
    assert (row.value, row.coverage, row.reason) == (None, 0.0, NOT_YET)
    assert (row.window_start.year, row.window_end.year) == (2020, 2020)


def test_dates_of_creation_tell_of_years_in_which_nobody_looked(hub_stats: Lake) -> None:
    path = needs_data("hub_stats_frozen/hub_stats_frozen.parquet")
    born = [row["createdAt"] for row in pq.read_table(path, columns=["createdAt"]).to_pylist()]
    (row,) = ask(hub_stats, "repos_created", window="2024")
    assert row.value == sum(f"{each:%Y}" == "2024" for each in born) > 0


def test_rows_have_the_days_that_they_measure(lake: Lake, tmp_path: Path) -> None:
    rows = history({f"a/m{n}": 20.0 + n for n in range(40)})
    rows += history({"a/up": 20}, last=43)
    rows += [
        {"id": "a/up", "observed_at": (START + timedelta(day)).isoformat(), "likes": 860,
         "downloads_all": 86_000 + 500_000 * (day - 42)}
        for day in range(43, 50)
    ]  # fmt: skip
    panel(lake, tmp_path, rows)
    spans = {(str(r.window_start), str(r.window_end)) for r in ask(lake, "movers", window="45d")}
    assert spans == {("2026-03-23", "2026-04-19")}
    spans = {(str(r.window_start), str(r.window_end)) for r in ask(lake, "trending_hub")}
    assert spans == {("2026-04-13", "2026-04-19")}
    velocity = {r.dimension: r for r in ask(lake, "velocity", window="45d")}
    assert str(velocity["likes a day over 28 d"].window_start) == "2026-03-23"


@pytest.mark.parametrize("window", ["all", "365d", "33d"])
def test_all_of_thirty_day_counters_is_the_last_thirty_days(radar: Lake, window: str) -> None:
    path = needs_data("radar/models_latest.parquet")
    counters = pq.read_table(path, columns=["downloads_30d"]).column(0).to_pylist()
    (row,) = ask(radar, "period_downloads", window=window)
    assert (row.value, row.coverage) == (sum(counters), 1.0)
    assert (str(row.window_start), str(row.window_end)) == ("2026-07-24", "2026-08-22")


@pytest.mark.parametrize(("late", "days"), [(1, 60), (100, 30)])
def test_blocks_of_which_little_is_known_are_left_out(
    lake: Lake, tmp_path: Path, late: int, days: int
) -> None:
    """Ten were there all along; another came late, and has one or a hundred times as much."""
    rows = [
        {"id": f"a/m{number}", "observed_at": (START + timedelta(day)).isoformat(),
         "downloads_30d": 3000 + day}
        for number in range(10)
        for day in range(33)
    ]  # fmt: skip
    rows += [
        {"id": "a/late", "observed_at": (START + timedelta(day)).isoformat(),
         "downloads_30d": 3000 * late + day}
        for day in range(30, 33)
    ]  # fmt: skip
    panel(lake, tmp_path, rows)
    (row,) = ask(lake, "period_downloads", window="120d")
    assert (row.window_end - row.window_start).days + 1 == days
    end, before = 10 * 3032, 10 * 3002
    assert row.value == (end + before if days == 60 else end + 3000 * late + 32)


def test_reports_say_what_they_cannot(lake: Lake, tmp_path: Path) -> None:
    told(lake, tmp_path, ("likes", "downloads_30d", "parameters"))
    for kind in ("weekly", "state"):
        report = make_report(lake, kind)
        said = [
            words("en").sentence(block)
            for section in report.sections
            for block in section.blocks
            if isinstance(block, Sentence)
        ]
        text = "\n".join(said)
        assert "the source tells no base models" in text
        for made_up in ("states no licence", "0 models were created", "Nothing here names a base"):
            assert made_up not in text
        assert all(number.row.value is not None for number in report.numbers())
