"""Figures of real data, each worked out again in plain Python from the file itself."""

from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow.parquet as pq
import pytest

from hearthub.lake import Lake
from hearthub.pulse import Measures, MetricRow
from hearthub.pulse.facts import SIZE_CLASSES
from needs import needs_data


def by_dimension(rows: list[MetricRow]) -> dict[str | None, MetricRow]:
    return {row.dimension: row for row in rows}


def only(rows: list[MetricRow]) -> MetricRow:
    assert len(rows) == 1
    return rows[0]


def listed(path: Path, columns: list[str]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(path, columns=columns).to_pylist()
    return rows


@pytest.fixture(scope="module")
def models() -> list[dict[str, Any]]:
    return listed(
        needs_data("radar/models_latest.parquet"),
        [
            "id",
            "author",
            "downloads_30d",
            "parameters",
            "removed",
            "tags",
            "pipeline_tag",
            "base_model",
        ],
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
    known = [m for m in models if m["parameters"]]
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


def test_size_classes_are_those_of_the_facts(radar: Lake, models: list[dict[str, Any]]) -> None:
    """Also of those of which only the source tells a size: no class is there under two names."""
    rows = by_dimension(Measures(radar).metric("share_size_class"))
    assert set(rows) <= {*SIZE_CLASSES, "unknown"}
    stated = sum(250e9 <= (m["parameters"] or 0) < 1e14 for m in models)
    assert rows["250+"].n >= stated > 100


RELATIONS = ("finetune", "quantized", "adapter", "merge")


def bases(model: dict[str, Any]) -> set[str]:
    """Plain tags are made of what the card names; others have one with the relation alone; a card
    that names a base of which no tag was made comes last."""
    tags = [t.removeprefix("base_model:") for t in model["tags"] or () if t[:11] == "base_model:"]
    typed = {t.partition(":")[2] for t in tags if t.partition(":")[0] in RELATIONS}
    plain = {t for t in tags if t.partition(":")[0] not in RELATIONS}
    card = "" if model["base_model"] in (None, "none") else model["base_model"]
    carded = {base.strip() for base in card.split(",") if base}
    return {base.lower() for base in plain or typed or carded}


def test_derivatives_of_radar(radar: Lake, models: list[dict[str, Any]]) -> None:
    related: dict[str, str] = {
        m["id"]: relation
        for m in models
        for relation in RELATIONS
        if any(tag.startswith(f"base_model:{relation}:") for tag in m["tags"] or ())
    }
    rows = by_dimension(Measures(radar).metric("derivatives"))
    assert rows["with a base and a relation"].value == len(related) == 8284
    counts = Counter(related.values())
    for relation, count in zip(RELATIONS, (3703, 2890, 1639, 52), strict=True):
        assert rows[relation].value == counts[relation] == count
    edges = {(m["id"], base) for m in models for base in bases(m)}
    assert rows["with a base"].value == len({child for child, _ in edges})
    several = [c for c, n in Counter(child for child, _ in edges).items() if n > 1]
    assert rows["several parents"].value == len(several)
    assert len(related.keys() & several) == 53
    assert rows["loops dropped"].value == len({c for c, p in edges if c.lower() == p}) == 23
    here = {m["id"].lower() for m in models}
    hold(rows, edges, here)
    inside = [parent in here for child, parent in edges if child in related]
    assert sum(inside) / len(inside) == pytest.approx(0.45, abs=0.005)


def hold(rows: dict[str | None, MetricRow], edges: set[tuple[str, str]], here: set[str]) -> None:
    """Names differ in case alone: whoever is meant by one has the parents of all of them."""
    parents: dict[str, set[str]] = {}
    for child, parent in edges:
        if child.lower() != parent:
            parents.setdefault(child.lower(), set()).add(parent)
    children = {child for child, parent in edges if child.lower() != parent}
    assert rows["direct"].value == sum(len(parents[child.lower()]) for child in children)
    ancestors = [above(child.lower(), parents) for child in children]
    assert rows["transitive"].value == sum(map(len, ancestors))
    assert rows["generations"].value == max(depth(child, parents) for child in parents) == 7
    assert rows["edges to a base that is here"].value == sum(p in here for _, p in edges)


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
