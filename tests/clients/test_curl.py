"""curl, whichever version this machine has: it names no version in the page of compatibility."""

import sys

import pytest

from clients.runner import SCENARIOS, Runner
from needs import needs

pytestmark = pytest.mark.clients


def test_curl(run_scenario: Runner) -> None:
    needs("curl")
    run_scenario("curl", "any", [sys.executable, SCENARIOS / "curl.py"])
