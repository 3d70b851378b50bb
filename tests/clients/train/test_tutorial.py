"""The tutorial does what it says, as it stands."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.clients

TUTORIAL = Path(__file__).parents[3] / "docs" / "tutorials" / "sentiment.md"
PREDICTIONS = {
    "What a brilliant concert!": "praise",
    "The hotel was miserable.": "complaint",
    "My train is not bad today.": "praise",
}


def test_tutorial_with_trainer_and_lora(train, hub) -> None:
    done = train.run("alice", train.inside / "run_document.py", str(TUTORIAL), limit=300)
    assert done.returncode == 0, done.stdout + done.stderr
    promised = float(re.search(r"above (0\.\d+)", TUTORIAL.read_text())[1])
    reached = [float(value) for value in re.findall(r"^accuracy on .*: (.*)$", done.stdout, re.M)]
    assert len(reached) == 2
    assert min(reached) > promised
    for text, label in PREDICTIONS.items():
        assert f"{label}: {text}" in done.stdout.splitlines()
    assert "adapter_model.safetensors" in done.stdout.splitlines()
    with hub.client() as client:
        info = client.get("/api/models/alice/praise-lora").json()
    assert {
        "base_model:adapter:alice/small-words",
        "dataset:alice/praise-or-complaint",
        "license:apache-2.0",
        "model-index",
    } <= set(info["tags"])
    metric = info["cardData"]["model-index"][0]["results"][0]["metrics"][0]
    assert (metric["type"], metric["value"]) == ("accuracy", pytest.approx(reached[0], abs=1e-3))
