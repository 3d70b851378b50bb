"""huggingface.js in Node."""

import json

import pytest

from clients.runner import SCENARIOS, Runner
from needs import node_modules

pytestmark = pytest.mark.clients


@pytest.mark.parametrize(
    ("section", "scenario"),
    [("huggingface.js", "huggingface.mjs"), ("huggingface.js: lists", "catalogue.mjs")],
)
def test_huggingface_js(section: str, scenario: str, run_scenario: Runner) -> None:
    modules = node_modules()
    about = json.loads((modules / "@huggingface" / "hub" / "package.json").read_text())
    command = ["node", SCENARIOS / scenario]
    run_scenario(section, about["version"], command, {"NODE_MODULES": str(modules)})
