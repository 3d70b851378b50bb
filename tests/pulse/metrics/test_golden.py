"""Figures of real data, each worked out again in plain Python from the file itself."""

from pathlib import Path
from statistics import median
from typing import Any

import pyarrow.parquet as pq
import pytest

from hearthub.lake import Lake
from hearthub.pulse import Measures, MetricRow
from needs import needs_data


def by_dimension(rows: list[MetricRow]) -> dict[str | None, MetricRow]:
    return {row.dimension: row for row in rows}


def only(rows: list[MetricRow]) -> MetricRow:
    assert len(rows) == 1
    return rows[0]


def listed(path: Path, columns: list[str]) -> list[dict[str, Any]]:
    """Rows of a file; of ids that differ in case alone the one that is there, as the lake has."""
    best: dict[str, dict[str, Any]] = {}
    rows: list[dict[str, Any]] = pq.read_table(path, columns=columns).to_pylist()
    for row in sorted(rows, key=lambda r: (bool(r.get("removed")), -(r.get("downloads_30d") or 0))):
        best.setdefault(row["id"].lower(), row)
    return list(best.values())


@pytest.fixture(scope="module")
def models() -> list[dict[str, Any]]:
    return listed(
        needs_data("radar/models_latest.parquet"),
        ["id", "author", "downloads_30d", "parameters", "removed", "tags", "pipeline_tag"],
    )


def gini(values: list[float]) -> float:
    """Mean absolute difference over twice the mean, by sorting: not the formula of the product."""
    ordered = sorted(values)
    n, total = len(ordered), sum(ordered)
    area, below = 0.0, 0.0
    for value in ordered:
        area += (below + value / 2) / total / n
        below += value
    return 1 - 2 * area


def test_gini_of_radar(radar: Lake, models: list[dict[str, Any]]) -> None:
    row = only(Measures(radar).metric("downloads_gini"))
    assert row.value == pytest.approx(gini([m["downloads_30d"] for m in models]), abs=1e-9)
    assert row.value == pytest.approx(0.9945, abs=5e-5)
    assert (row.universe, row.window_start.isoformat(), row.window_end.isoformat()) == (
        "model@radar/all",
        "2026-07-24",
        "2026-08-22",
    )
    assert row.n == len(models)
    assert row.lo is not None
    assert row.hi is not None
    assert row.lo < row.value < row.hi <= 1
    used = [m["downloads_30d"] for m in models if m["downloads_30d"]]
    nonzero = only(Measures(radar).metric("downloads_gini_nonzero"))
    assert nonzero.value == pytest.approx(gini(used), abs=1e-9)


def test_top_shares_of_radar(radar: Lake, models: list[dict[str, Any]]) -> None:
    rows = by_dimension(Measures(radar).metric("downloads_top_share"))
    ordered = sorted((m["downloads_30d"] for m in models), reverse=True)
    for cut, count in (
        ("top-1", 1),
        ("top-10", 10),
        ("top-200", 200),
        ("top-0.1%", round(len(ordered) / 1000)),
        ("top-1%", round(len(ordered) / 100)),
    ):
        assert rows[cut].value == pytest.approx(sum(ordered[:count]) / sum(ordered))


def test_index_of_radar_by_namespace(radar: Lake, models: list[dict[str, Any]]) -> None:
    sums: dict[str, float] = {}
    for model in models:
        name = model["author"].lower()
        sums[name] = sums.get(name, 0) + model["downloads_30d"]
    total = sum(sums.values())
    expected = 10_000 * sum((each / total) ** 2 for each in sums.values())
    assert only(Measures(radar).metric("downloads_hhi_author")).value == pytest.approx(expected)
    effective = only(Measures(radar).metric("downloads_effective_authors"))
    assert effective.value == pytest.approx(10_000 / expected)


def test_sizes_of_radar(radar: Lake, models: list[dict[str, Any]]) -> None:
    known = [m for m in models if m["parameters"] is not None]
    downloads = sum(m["downloads_30d"] for m in known)
    mean = only(Measures(radar).metric("size_weighted_mean"))
    # Python's integers do not overflow.
    exact = sum(m["parameters"] * m["downloads_30d"] for m in known) / downloads
    assert mean.value == pytest.approx(exact)
    assert mean.value == pytest.approx(40.0e9, rel=0.005)
    reached = 0
    for model in sorted(known, key=lambda m: m["parameters"]):
        reached += model["downloads_30d"]
        if 2 * reached >= downloads:
            break
    middle = only(Measures(radar).metric("size_weighted_median"))
    assert middle.value == model["parameters"]
    assert middle.value == pytest.approx(0.75e9, rel=0.01)
    everything = sum(m["downloads_30d"] for m in models)
    assert mean.coverage == pytest.approx(downloads / everything)


def test_shares_of_radar_by_task(radar: Lake, models: list[dict[str, Any]]) -> None:
    rows = by_dimension(Measures(radar).metric("share_task"))
    sums: dict[str, int] = {}
    for model in models:
        task = model["pipeline_tag"] or "unknown"
        sums[task] = sums.get(task, 0) + model["downloads_30d"]
    total = sum(sums.values())
    assert set(rows) == set(sums)
    for task, count in sums.items():
        assert rows[task].value == pytest.approx(count / total)
        assert rows[task].lo == rows[task].value
    known = rows["text-generation"]
    assert known.hi == pytest.approx((sums["text-generation"] + sums["unknown"]) / total)
    assert sum(row.value or 0 for row in rows.values()) == pytest.approx(1)


RELATIONS = ("finetune", "quantized", "adapter", "merge")


def test_derivatives_of_radar(radar: Lake, models: list[dict[str, Any]]) -> None:
    edges = {
        (m["id"].lower(), relation, tag.removeprefix(f"base_model:{relation}:").lower())
        for m in models
        for tag in m["tags"] or ()
        for relation in RELATIONS
        if tag.startswith(f"base_model:{relation}:")
    }
    here = {m["id"].lower() for m in models}
    rows = by_dimension(Measures(radar).metric("derivatives"))
    for relation in RELATIONS:
        assert rows[relation].value == len({c for c, r, _ in edges if r == relation})
    children = {child for child, _, _ in edges}
    assert rows["with a base"].value == len(children)
    # Of ids that differ in case alone the file has both: 8,284 rows of it name a base.
    assert 0 <= 8284 - len(children) <= 4
    assert rows["loops dropped"].value == len({c for c, _, p in edges if c == p}) == 23
    parents: dict[str, set[str]] = {}
    for child, _, parent in edges:
        if child != parent:
            parents.setdefault(child, set()).add(parent)
    assert rows["direct"].value == sum(map(len, parents.values()))
    ancestors = {child: above(child, parents) for child in parents}
    assert rows["transitive"].value == sum(map(len, ancestors.values()))
    assert rows["generations"].value == max(depth(child, parents) for child in parents) == 7
    inside = rows["edges to a base that is here"]
    pairs = {(c, p) for c, _, p in edges}
    assert inside.value == sum(p in here for _, p in pairs)
    assert inside.value / len(pairs) == pytest.approx(0.45, abs=0.005)


def above(child: str, parents: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(parents.get(child, ()))
    while waiting:
        if (one := waiting.pop()) not in found:
            found.add(one)
            waiting += parents.get(one, ())
    return found


def depth(child: str, parents: dict[str, set[str]]) -> int:
    """Generations, each ancestor by its shortest way."""
    level, seen, count = {child}, {child}, 0
    while level := {p for c in level for p in parents.get(c, ())} - seen:
        seen |= level
        count += 1
    return count


def test_small_against_large_of_the_dump(hub_stats: Lake) -> None:
    row = only(Measures(hub_stats).metric("small_large_ratio"))
    table = pq.read_table(
        needs_data("hub_stats_frozen/hub_stats_frozen.parquet"),
        columns=["downloadsAllTime", "safetensors"],
    ).to_pylist()
    sizes = [(r["downloadsAllTime"], (r["safetensors"] or {}).get("total")) for r in table]
    small = sorted((d for d, size in sizes if size and 1e9 <= size < 9e9), reverse=True)[:10]
    large = sorted((d for d, size in sizes if size and size > 1e11), reverse=True)[:10]
    assert row.numerator == median(small)
    assert row.denominator == median(large)
    assert row.value == pytest.approx(5.7, abs=0.05)


def test_thirty_days_at_one_snapshot_are_the_counter_of_thirty_days(hub_stats: Lake) -> None:
    row = only(Measures(hub_stats).metric("period_downloads", window="30d"))
    table = pq.read_table(
        needs_data("hub_stats_frozen/hub_stats_frozen.parquet"), columns=["downloads"]
    )
    assert row.value == sum(table["downloads"].to_pylist())
    basis = by_dimension(Measures(hub_stats).metric("period_downloads", by="basis", window="90d"))
    # Ninety days cannot be said of a repo that is older: there is no counter of their beginning.
    assert basis["unknown"].value is None
    assert set(basis) == {"young", "unknown"}
