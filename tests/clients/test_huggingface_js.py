"""huggingface.js in Node."""

import json

import pytest

from clients.runner import SCENARIOS, Runner
from needs import node_modules

pytestmark = pytest.mark.clients


def test_huggingface_js(run_scenario: Runner) -> None:
    modules = node_modules()
    about = json.loads((modules / "@huggingface" / "hub" / "package.json").read_text())
    command = ["node", SCENARIOS / "huggingface.mjs"]
    run_scenario("huggingface.js", about["version"], command, {"NODE_MODULES": str(modules)})
