"""A source whose every field may be a lie, day after day: each metric still answers and ends, and a
report that was made of it holds."""

import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hearthub.lake import Lake
from hearthub.pulse import Charts, judge_claims, make_report, verify_report, write_report
from pulse.lakes import panel
from pulse.test_kept_alike import told

XSS = "<script>alert(1)</script>"
LIES: dict[str, tuple[Any, ...]] = {
    "id": ("a/{{7*7}}", "a/../b", "Qwen/\u202em", "=1+1/x", "single", "", None, "a/\x00b", "A/M1"),
    "observed_at": ("0001-01-01", "1969-12-31T23:59:59Z", "9999-12-31", "-5", 1e18, None),
    "created_at": ("2999-01-01", "0001-01-01", "2026-03-20", "x", None),
    "downloads_all": (2**63, 2**53, -1, None, "1e3", 1.5),
    "downloads_30d": (2**64, 2**53, -9, None),
    "likes": (2**53, -1, None, "0x10"),
    "trending": (1e308, -1e308, None, "NaN"),
    "parameters": (2**62, 0, -1, 1e40, 10**17),
    "base_model": (["acme/m1"], ["acme/m2", "acme/m3"], ["<b>/x"], [None], ["x" * 5000]),
    "relation": ("evil", XSS, "merge"),
    "license": (XSS, "=cmd", "a" * 3000, "{{x}}"),
    "pipeline_tag": (XSS, "robotics", "\u202e"),
    "tags": ([XSS], ["base_model:quantized:acme/m1"], [None]),
    "removed": (True, "yes"),
    "formerly": ("acme/m3", "acme/m1", "x"),
}


def test_every_metric_ends_and_reports_hold(lake: Lake, tmp_path: Path, charts: Charts) -> None:
    for seed in range(2):
        chance = random.Random(seed)
        rows = [_row(chance) for _ in range(200)]
        done = panel(lake, tmp_path, rows, whole=seed == 1)
        assert done.rows > 50
        assert done.rejected > 20
    assert len(told(lake, "model@test", "7d")) > 100
    assert len(judge_claims(lake)) > 20
    for kind in ("weekly", "state"):
        folder = tmp_path / kind
        write_report(make_report(lake, kind), folder, ("en", "ja"), charts)
        assert verify_report(lake, folder / "report.json")[1] == []
        for path in (*folder.glob("*.html"), *folder.glob("*.svg"), *folder.glob("*.md")):
            assert "<script" not in path.read_text(), path.name


def _row(chance: random.Random) -> dict[str, Any]:
    number = chance.randrange(14)
    day = datetime(2026, 3, 1, 12) + timedelta(chance.randrange(28))
    row: dict[str, Any] = {
        "id": f"acme/m{number}",
        "observed_at": day.isoformat() + "Z",
        "created_at": "2025-05-01",
        "downloads_all": number * 1000 + chance.randrange(1000),
        "downloads_30d": chance.randrange(1000),
        "likes": number * 5 + chance.randrange(9),
        "trending": chance.randrange(9),
        "parameters": 10**9,
        "base_model": [],
        "relation": "quantized",
        "license": "mit",
        "pipeline_tag": "text-generation",
        "tags": ["safetensors"],
        "removed": False,
        "formerly": None,
    }
    for name, lies in LIES.items():
        if chance.random() < 0.08:
            row[name] = chance.choice(lies)
    return row
