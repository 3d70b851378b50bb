"""Lakes for the observatory's tests: empty ones, and those of real files."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hearthub.lake import Lake
from hearthub.pulse import TABLES
from hearthub.sandbox import Sandbox
from needs import needs_data
from pulse import loading


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox(1)
    yield sandbox
    sandbox.close()


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
    path = needs_data("radar/models_latest.parquet")
    lake = Lake(tmp_path_factory.mktemp("radar"), TABLES, sandbox)
    loading.radar(lake, path)
    return lake


@pytest.fixture(scope="session")
def hub_stats(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> Lake:
    path = needs_data("hub_stats_frozen/hub_stats_frozen.parquet")
    lake = Lake(tmp_path_factory.mktemp("hub-stats"), TABLES, sandbox)
    loading.hub_stats(lake, path)
    return lake
