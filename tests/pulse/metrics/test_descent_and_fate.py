"""Whose models descend from whom, what went, what names its data: by the files themselves."""

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from hearthub.lake import Lake
from hearthub.pulse import TABLES, Measures, MetricRow
from hearthub.pulse.facts import Facts
from hearthub.sandbox import Sandbox
from needs import needs_data
from pulse.histories import DAY, START, Told, write
from pulse.lakes import take, toml
from pulse.metrics.test_golden import RELATIONS, above
from pulse.test_real_sources import RADAR

COLUMNS = [
    "id",
    "author",
    "downloads_30d",
    "removed",
    "tags",
    "parameters",
    "base_model",
    "created_at",
]


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> Lake:
    """Radar as `ingest` takes it in, with its classes."""
    folder = tmp_path_factory.mktemp("taken")
    lake = Lake(folder / "lake", TABLES, sandbox)
    take(lake, needs_data("radar/models_latest.parquet"), toml(folder, RADAR, source="radar"))
    return lake


@pytest.fixture(scope="module")
def models() -> list[dict[str, Any]]:
    """All rows: the lake tells ids apart that differ in case alone."""
    rows: list[dict[str, Any]] = pq.read_table(
        needs_data("radar/models_latest.parquet"), columns=COLUMNS
    ).to_pylist()
    return rows


def by_dimension(rows: list[MetricRow]) -> dict[str | None, MetricRow]:
    return {row.dimension: row for row in rows}


def parents_of(models: list[dict[str, Any]]) -> dict[str, set[str]]:
    """By plain tags `base_model:ID`; else by those with a relation; without tags by the card."""
    found: dict[str, set[str]] = {}
    for model in models:
        child = model["id"].lower()
        tags = [
            t.removeprefix("base_model:") for t in model["tags"] or () if t[:11] == "base_model:"
        ]
        typed = {t for t in tags if t.split(":")[0] in RELATIONS}
        bases = [t for t in tags if t not in typed] or [t.split(":", 1)[1] for t in typed]
        if not tags and model["base_model"]:
            bases = [model["base_model"]]
        if parents := {base.lower() for base in bases} - {child}:
            found[child] = parents
    return found


def country_of(name: str) -> str:
    organisation = Facts.load().namespace(name.partition("/")[0])
    return (organisation and organisation.country) or "unknown"


@pytest.mark.parametrize("derived_only", [False, True])
def test_countries_of_bases(taken: Lake, models: list[dict[str, Any]], derived_only: bool) -> None:
    parents = parents_of(models)
    expected: Counter[str] = Counter()
    for model in models:
        name = model["id"].lower()
        roots = [base for base in above(name, parents) if base not in parents]
        if name in parents:
            for root in roots:
                expected[country_of(root)] += model["downloads_30d"] / len(roots)
            if not roots:
                expected["unknown"] += model["downloads_30d"]
        elif not derived_only:
            expected[country_of(name)] += model["downloads_30d"]
    by = "derivatives" if derived_only else None
    rows = by_dimension(Measures(taken).metric("share_base_country", by=by))
    total = sum(expected.values())
    assert set(rows) == set(expected)
    for country, downloads in expected.items():
        assert rows[country].value == pytest.approx(downloads / total, rel=1e-3), country
    assert sum(row.value or 0 for row in rows.values()) == pytest.approx(1)
    own = by_dimension(Measures(taken).metric("share_country"))
    assert rows["CN"].value != own["CN"].value


def test_public_figures_hold_of_what_was_taken_in(taken: Lake) -> None:
    """Those of the data's own README; its file names the bases of 307 more, without a relation."""
    rows = by_dimension(Measures(taken).metric("derivatives"))
    told = {name: rows[name].value for name in (*RELATIONS, "loops dropped", "generations")}
    assert told == {
        "finetune": 3703, "quantized": 2890, "adapter": 1639, "merge": 52, "loops dropped": 23,
        "generations": 7,
    }  # fmt: skip
    assert (rows["with a base"].value or 0) - (rows["unknown"].value or 0) == 8284


def test_what_went_of_radar(taken: Lake, models: list[dict[str, Any]]) -> None:
    rows = by_dimension(Measures(taken).metric("removals"))
    gone = [m for m in models if m["removed"]]
    assert len(gone) == 752
    assert (rows["share"].numerator, rows["share"].denominator) == (len(gone), len(models))
    # One look at it: how fast they go cannot be said.
    assert rows["a month"].value is None
    heavy = rows["with 1,000 downloads or more"]
    assert heavy.value == sum((m["downloads_30d"] or 0) >= 1000 for m in gone)


def test_how_fast_repos_go(lake: Lake, tmp_path: Path) -> None:
    """Ninety watched for 60 days, ten that go after 30: 10 in 190 repo-months."""
    told = [Told(f"a/{n}", d_all=list(range(61)), created=START - 9 * DAY) for n in range(90)]
    told += [
        Told(f"b/{n}", d_all=list(range(61)), created=START - 9 * DAY, removed=START + 30 * DAY)
        for n in range(10)
    ]
    write(lake, told, tmp_path)
    rows = by_dimension(Measures(lake).metric("removals", window=f"{START}..{START + 60 * DAY}"))
    assert rows["share"].value == 0.1
    rate = rows["a month"]
    assert rate.value == pytest.approx(10 / 190, rel=0.03)
    assert rate.lo is not None
    assert rate.hi is not None
    assert rate.lo < 10 / 190 < rate.hi
    parts = by_dimension(Measures(lake).metric("removals", by="author"))
    assert parts["b / share"].value == 1
    assert parts["a / share"].value == 0


def test_one_look_sees_nothing_go(lake: Lake, tmp_path: Path) -> None:
    write(lake, [Told("a/b", d_all=[5])], tmp_path)
    assert {row.value for row in Measures(lake).metric("removals")} == {None}


def test_who_names_data_of_radar(taken: Lake, models: list[dict[str, Any]]) -> None:
    rows = by_dimension(Measures(taken).metric("data_disclosed"))
    named = [m for m in models if any(t.startswith("dataset:") for t in m["tags"] or ())]
    everything = sum(m["downloads_30d"] for m in models)
    share = rows["of downloads"]
    assert share.value == pytest.approx(sum(m["downloads_30d"] for m in named) / everything)
    assert rows["of models"].value == pytest.approx(len(named) / len(models))
    assert share.lo is not None
    assert share.hi is not None
    assert share.lo < (share.value or 0) < share.hi


def test_sizes_that_nobody_means(taken: Lake, models: list[dict[str, Any]]) -> None:
    """They stay in what is stated, which the public figure of 40.0 B has, and are counted."""
    rows = by_dimension(Measures(taken).metric("size_implausible"))
    jokes = [m for m in models if (m["parameters"] or 0) > 10**14]
    assert rows["models"].value == len(jokes) == 2
    assert rows["downloads"].value == sum(m["downloads_30d"] for m in jokes)
    (mean,) = Measures(taken).metric("size_weighted_mean")
    assert mean.value == pytest.approx(40.0e9, rel=0.005)
    mass = sum((m["parameters"] or 0) * m["downloads_30d"] for m in models)
    part = sum(m["parameters"] * m["downloads_30d"] for m in jokes) / mass
    assert rows["share of size times downloads"].value == pytest.approx(part)
    (resolved,) = Measures(taken).metric("size_resolved_weighted_mean")
    assert (resolved.value or 0) < 40.0e9


def test_what_organisations_made_in_half_a_year(taken: Lake, models: list[dict[str, Any]]) -> None:
    """Of a time that was over before anybody looked."""
    measures, window = Measures(taken), "2026-01-01..2026-06-30"
    rows = by_dimension(measures.metric("repos_created", by="author", window=window))
    made = [m for m in models if "2026-01" <= (m["created_at"] or "") < "2026-07"]
    assert len(made) > 500
    expected = Counter(m["author"].lower() for m in made if not m["removed"])
    types = {name: Facts.load().namespace(name) for name in expected}
    known = {
        name: expected[name]
        for name, it in types.items()
        if it and it.type in ("industry", "academia", "government", "collective")
    }
    assert len(known) > 10
    assert {name: row.value for name, row in rows.items() if row.value} == known
    (everything,) = measures.metric("repos_created", window=window)
    assert everything.value == sum(expected.values())
    assert everything.hi == len(made)
    years = by_dimension(measures.metric("repos_created", by="author_year", window=window))
    first = max(known, key=lambda name: known[name])
    assert years[f"{first} / 2026"].value == known[first]
