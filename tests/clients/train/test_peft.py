"""PEFT: an adapter on the hub finds its base model there."""

import pytest

pytestmark = pytest.mark.clients


def test_adapter_brings_its_base(train) -> None:
    together = train.call("alice", "use_peft.push", "alice/base", "alice/adapter")
    loaded = train.call(None, "use_peft.load", "alice/adapter")
    assert loaded["base"] == "alice/base"
    assert loaded["peft"] == pytest.approx(together, abs=1e-6)
    assert loaded["transformers"] == pytest.approx(together, abs=1e-6)
    assert loaded["base alone"] != pytest.approx(together, abs=1e-5)
    assert {"peft", "base_model:adapter:alice/base"} <= set(loaded["tags"])
