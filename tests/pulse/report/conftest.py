"""Lakes that reports are made of: real files by way of `ingest`, and a history made up."""

import random
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from hearthub.lake import Lake
from hearthub.pulse import TABLES
from hearthub.sandbox import Sandbox
from needs import needs_data
from pulse.lakes import panel, take, toml
from pulse.maps import CHANGES, RADAR

DAYS = 75
START = datetime(2026, 1, 1, 12)


@pytest.fixture(scope="session")
def watched(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> Lake:
    """Radar: its latest state and four days of captures."""
    folder = tmp_path_factory.mktemp("watched")
    lake = Lake(folder / "lake", TABLES, sandbox)
    terms = {"source": "radar", "licence": "CC-BY-4.0", "attribution": "HF//RADAR"}
    for name, columns in (("models_latest", RADAR), ("panel_changes", CHANGES)):
        take(lake, needs_data(f"radar/{name}.parquet"), toml(folder, columns, **terms))
    return lake


@pytest.fixture(scope="session")
def dump(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> Lake:
    """One snapshot, with all-time counters."""
    folder = tmp_path_factory.mktemp("dump")
    lake = Lake(folder / "lake", TABLES, sandbox)
    path = needs_data("hub_stats_frozen/hub_stats_frozen.parquet")
    take(lake, path, kind="hub-stats", observed_at=datetime(2026, 5, 20, 13, 30))
    return lake


def made_up(lake: Lake, folder: Path) -> Lake:
    """75 days of 33 models, labelled as synthetic.

    `big/steady` is downloaded 1,000 times a day throughout and `us/second` 200 times; from day 68
    on `cn/rocket` has 9,000 downloads and 40 likes a day instead of 300 and 1.
    """
    rows, chance = [], random.Random(5)
    kinds = {
        "big/steady": (1000, 1, {"license": "mit", "parameters": 7_000_000_000}),
        "us/second": (200, 0, {"license": "apache-2.0", "parameters": 120_000_000_000}),
        "cn/rocket": (300, 1, {"license": "cc-by-nc-4.0", "parameters": 3_000_000_000}),
        **{f"small/m{i}": (150 + 3 * i, 0, {"license": "mit"}) for i in range(30)},
    }
    for name, (a_day, likes_a_day, facts) in kinds.items():
        downloads, likes = [50_000], 10_000
        for day in range(DAYS):
            is_up = name == "cn/rocket" and day >= DAYS - 7
            noise = chance.randrange(-a_day // 10, a_day // 10)
            downloads.append(downloads[-1] + (9000 if is_up else a_day + noise))
            likes += 40 if is_up else likes_a_day
            rows.append(
                {"id": name, "created_at": "2025-06-01", **facts, "pipeline_tag": "text-generation",
                 "observed_at": (START + timedelta(day)).isoformat(), "likes": likes,
                 "downloads_all": downloads[-1],
                 "downloads_30d": downloads[-1] - downloads[-31] if day >= 30 else 30 * a_day}
            )  # fmt: skip
    panel(lake, folder, rows, source="made-up", synthetic=True, licence="CC0-1.0")
    return lake


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> Lake:
    folder = tmp_path_factory.mktemp("planted")
    return made_up(Lake(folder / "lake", TABLES, sandbox), folder)
