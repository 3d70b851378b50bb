"""The Python client, four ways: the newest with Xet and without, and two older lines."""

import json
import os
import sys

import pytest

from clients.runner import SCENARIOS, Runner
from needs import client_python

pytestmark = pytest.mark.clients

NO_XET = {"HF_HUB_DISABLE_XET": "1"}
CLIENTS = {
    "2.4.0": ("hub-2.4.0", {}),
    "2.4.0 without Xet": ("hub-2.4.0", NO_XET),
    "1.6.0": ("hub-1.6.0", {}),
    "0.36.2": ("hub-0.36.2", {}),
}
SCENARIO_NAMES = """
accounts repos visibility upload commits refs listing catalogue info download errors filesystem
large discussions gates collecting people webhooks large_files
""".split()


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("scenario", SCENARIO_NAMES)
def test_scenario(scenario: str, client: str, run_scenario: Runner) -> None:
    environment, env = CLIENTS[client]
    python = client_python(environment)
    script = SCENARIOS / f"{scenario}.py"
    run_scenario(f"huggingface_hub: {scenario}", client, [python, script], env)


def test_multipart(run_scenario: Runner) -> None:
    """Parts of an LFS object: only a client without Xet sends them."""
    command = [client_python("hub-2.4.0"), SCENARIOS / "multipart.py"]
    run_scenario("huggingface_hub: LFS in parts", "2.4.0 without Xet", command, NO_XET)


def test_webhooks_are_read(run_scenario: Runner) -> None:
    """The client's own reader of what is posted needs pydantic, which it does not bring along."""
    command = [client_python("train"), SCENARIOS / "webhooks.py"]
    run_scenario("huggingface_hub: webhooks", "2.4.0 with pydantic", command)


def test_device_login(run_scenario: Runner) -> None:
    """The user approves on this hub's command line; the client has our code nowhere."""
    ours = ["env", f"PYTHONPATH={os.pathsep.join(sys.path)}", sys.executable, "-m", "hearthub"]
    env = {"HEARTHUB": json.dumps(ours), "HEARTHUB_DATA": str(run_scenario.hub.data)}
    command = [client_python("hub-2.4.0"), SCENARIOS / "device_login.py"]
    run_scenario("hf command: log-in of a device", "2.4.0", command, env)


def test_hf_command(run_scenario: Runner) -> None:
    run_scenario("hf command", "2.4.0", [client_python("hub-2.4.0"), SCENARIOS / "command.py"])


def test_hf_command_community(run_scenario: Runner) -> None:
    command = [client_python("hub-2.4.0"), SCENARIOS / "community_command.py"]
    run_scenario("hf command: community", "2.4.0", command)


def test_hf_command_lists(run_scenario: Runner) -> None:
    command = [client_python("hub-2.4.0"), SCENARIOS / "listing_command.py"]
    run_scenario("hf command: lists", "2.4.0", command)
