"""Verdicts on published claims, for real data and for data that have what was claimed."""

import json
import re
from datetime import date, datetime
from pathlib import Path

import pytest

from hearthub.lake import Lake
from hearthub.pulse import TABLES, MetricRow, judge_claims, known_claims, known_metrics
from hearthub.pulse.claims import Claim, Verdict
from hearthub.pulse.claims.claims import compared
from hearthub.sandbox import Sandbox
from needs import needs_data
from pulse.lakes import panel, take


def verdicts(lake: Lake, source: str | None = None) -> dict[str, Verdict]:
    return {verdict.claim.id: verdict for verdict in judge_claims(lake, source)}


def data_sets(lake: Lake, folder: Path, year: int, count: int) -> dict[str, Verdict]:
    """Robotics data sets of one year, and some of the year before and without a task."""
    rows = [
        {"id": f"lab{i % 7}/set-{year}-{i}", "created_at": f"{year}-{1 + i % 12:02}-15",
         "observed_at": "2026-01-10T00:00:00", "pipeline_tag": "robotics", "downloads_30d": 3,
         "likes": 0}
        for i in range(count)
    ]  # fmt: skip
    rows += [{**rows[0], "id": f"lab/old-{i}", "created_at": "2023-05-05"} for i in range(4)]
    rows += [
        {**rows[0], "id": f"lab/text-{i}", "pipeline_tag": "text-generation"} for i in range(9)
    ]
    panel(lake, folder, rows, source="sets", type="dataset")
    return verdicts(lake)


def test_claims_are_whole() -> None:
    claims = known_claims()
    assert len(claims) >= 25
    assert len({claim.id for claim in claims}) == len(claims)
    metrics = {metric.id: metric for metric in known_metrics()}
    for claim in claims:
        assert claim.text
        assert claim.definition
        assert claim.universe
        assert claim.window
        assert claim.source.startswith("https://") or "no address" in claim.source
        assert re.fullmatch(r"\d{4}(-\d\d){0,2}", claim.said)
        ways = [claim.metric, claim.missing, claim.ill_defined]
        assert len([way for way in ways if way]) == 1, claim.id
        if claim.metric:
            assert claim.expected is not None
            metric = metrics[claim.metric]
            assert claim.type in metric.types
            assert claim.by is None or claim.by in metric.dimensions


def test_a_dump_says_how_small_models_do_against_large(tmp_path: Path, sandbox: Sandbox) -> None:
    lake = Lake(tmp_path / "lake", TABLES, sandbox)
    path = needs_data("hub_stats_frozen/hub_stats_frozen.parquet")
    take(lake, path, kind="hub-stats", observed_at=datetime(2026, 5, 20, 13, 30))
    found = verdicts(lake)
    assert found["small-four-times"].says == "differs"
    assert found["small-four-times"].row is not None
    assert found["small-four-times"].row.value == pytest.approx(5.7, abs=0.05)
    assert found["small-four-times"].difference == pytest.approx(1.7, abs=0.05)
    assert found["mmlu-750"].says == "ill-defined"
    assert found["six-weeks"].says == "ill-defined"
    assert found["users-11m"].says == "undecidable"
    assert "accounts" in found["users-11m"].why
    assert found["top-200"].says == "undecidable"
    assert "4,167 chosen repos" in found["top-200"].why
    assert found["robotics-2025"].says == "undecidable"
    assert json.dumps([verdict.to_json() for verdict in found.values()])


def test_robotics_are_reproduced_where_the_data_have_them(lake: Lake, tmp_path: Path) -> None:
    found = data_sets(lake, tmp_path, 2024, 1145)["robotics-2024"]
    assert found.says == "reproduced"
    assert found.row is not None
    assert found.row.value == 1145
    assert str(found.row.window_start) == "2024-01-01"


def test_repos_of_one_organisation_count_whenever_they_were_seen(
    lake: Lake, tmp_path: Path
) -> None:
    rows = [
        {"id": f"baidu/m{i}", "created_at": f"2025-{1 + i % 12:02}-15", "likes": 0,
         "observed_at": "2026-08-10T00:00:00"}
        for i in range(120)
    ]  # fmt: skip
    panel(lake, tmp_path, rows, source="later")
    found = verdicts(lake)["baidu-100"]
    assert (found.says, found.row and found.row.value) == ("reproduced", 120)


@pytest.mark.parametrize("claim", [it for it in known_claims() if it.metric], ids=lambda it: it.id)
def test_a_claim_can_be_right_wrong_or_open(claim: Claim) -> None:
    """By what is found alone; whether the data are those it is about comes on top."""
    expected = claim.expected or 0.0

    def said(value: float, low: float | None = None, high: float | None = None) -> str:
        found = MetricRow(
            claim.metric or "", 1, "model@x/all", "x", date(2026, 1, 1), date(2026, 1, 2),
            None, None, value, low, high, 1, 1.0, (), claim.dimension,
        )  # fmt: skip
        return compared(claim, found, None).says

    assert said(expected) == "reproduced"
    assert said(expected * (1 + claim.tolerance / 2)) == "reproduced"
    assert said(expected * 0.5) == "differs"
    assert said(expected * 3) == ("reproduced" if claim.is_least else "differs")
    assert said(expected * 0.5, expected * 0.4, expected * 1.2) == "undecidable"
    assert said(expected * 0.5, expected * 0.4, expected * 0.6) == "differs"


@pytest.mark.parametrize("claim", [it for it in known_claims() if it.metric], ids=lambda it: it.id)
def test_a_claim_says_how_it_is_asked_again(claim: Claim) -> None:
    query = claim.query("hub-stats")
    assert query is not None
    assert query.startswith(f"pulse metric {claim.metric}")
    assert f"{claim.type}@hub-stats/{claim.filter}" in query
    # What is compared must be one class of what the query lists, or its only number.
    assert (claim.dimension is None) <= (claim.by is None)


def test_fewer_of_a_part_decide_nothing(lake: Lake, tmp_path: Path) -> None:
    found = data_sets(lake, tmp_path, 2024, 900)["robotics-2024"]
    assert found.says == "undecidable"
    assert "listing of the whole hub" in found.why
    assert found.row is not None
    assert found.row.value == 900


def test_of_two_sources_the_newest_is_meant(lake: Lake, tmp_path: Path) -> None:
    for source, day in (("one", 20), ("two", 10)):
        rows = [{"id": "a/b", "observed_at": f"2026-01-{day}T00:00:00", "likes": 1}]
        panel(lake, tmp_path, rows, source=source)
    told = judge_claims(lake)
    assert told == judge_claims(lake, "one") != judge_claims(lake, "two")
    assert len(told) == len(known_claims())


def test_an_empty_lake_decides_nothing(lake: Lake) -> None:
    assert {verdict.says for verdict in judge_claims(lake)} == {"undecidable", "ill-defined"}
