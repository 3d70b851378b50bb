"""Lakes for the observatory's tests: empty ones, and those of real files."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from hearthub.lake import Lake
from hearthub.pulse import TABLES, Charts
from hearthub.sandbox import Sandbox
from needs import needs_data
from pulse.lakes import take, toml
from pulse.maps import RADAR


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox(1)
    yield sandbox
    sandbox.close()


@pytest.fixture(scope="session")
def charts(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> Charts:
    """Each is drawn once for all tests."""
    return Charts(tmp_path_factory.mktemp("charts"), sandbox)


@pytest.fixture
def new_lake(tmp_path: Path, sandbox: Sandbox) -> Callable[[], Lake]:
    """Empty lakes, as many as are asked for."""
    made: list[Lake] = []

    def make() -> Lake:
        made.append(Lake(tmp_path / f"lake-{len(made)}", TABLES, sandbox))
        return made[-1]

    return make


@pytest.fixture
def lake(new_lake: Callable[[], Lake]) -> Lake:
    return new_lake()


@pytest.fixture(scope="session")
def radar(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> Lake:
    """Its latest state, one capture after the other."""
    folder = tmp_path_factory.mktemp("radar")
    lake = Lake(folder / "lake", TABLES, sandbox)
    path = needs_data("radar/models_latest.parquet")
    assert take(lake, path, toml(folder, RADAR, source="radar")).rejected == 0
    return lake


@pytest.fixture(scope="session")
def hub_stats(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> Lake:
    path = needs_data("hub_stats_frozen/hub_stats_frozen.parquet")
    lake = Lake(tmp_path_factory.mktemp("hub-stats"), TABLES, sandbox)
    take(lake, path, kind="hub-stats", observed_at=datetime(2026, 5, 20, 13, 30))
    return lake
