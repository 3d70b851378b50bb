from pathlib import Path

import pytest

from clients import training
from clients.compatibility import NO, PAGE, YES, Compatibility, writes
from clients.runner import Runner
from live import LiveHub

OUTCOMES = Compatibility()


@pytest.fixture
def run_scenario(hub: LiveHub, tmp_path: Path) -> Runner:
    return Runner(hub, OUTCOMES, tmp_path)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Tests of the training libraries are operations themselves."""
    if report.when != "call" or report.skipped:
        return
    if named := training.operation(report.nodeid):
        OUTCOMES.add_one(*named, YES if report.passed else NO)


def pytest_sessionfinish() -> None:
    if writes() and OUTCOMES.sections:
        PAGE.write_text(OUTCOMES.page(), encoding="utf-8")
