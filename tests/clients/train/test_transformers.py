"""transformers: push_to_hub and from_pretrained with models made on the spot."""

import pytest

pytestmark = pytest.mark.clients


@pytest.fixture(scope="module")
def weights(train) -> str:
    """The digest of the weights of alice/tiny-bert, which holds them now."""
    return train.call("alice", "use_transformers.push", "alice/tiny-bert")


def test_push_to_hub_and_from_pretrained(train, weights: str) -> None:
    loaded = train.call(None, "use_transformers.load", "alice/tiny-bert")
    assert loaded["weights"] == weights
    assert loaded["words"] == ["the", "hearth", "is", "warm", "."]


def test_pipeline_text_classification(train, weights: str) -> None:
    answer = train.call(
        None, "use_transformers.classify", "alice/tiny-bert", "Wood makes the house warm."
    )
    assert answer["pipeline"]["label"] == answer["by hand"]["label"]
    assert answer["pipeline"]["score"] == pytest.approx(answer["by hand"]["score"], abs=1e-5)


def test_causal_language_model_in_shards(train) -> None:
    pushed = train.call("alice", "use_transformers.push_in_shards", "alice/tiny-lm")
    names = train.call(None, "use_transformers.files", "alice/tiny-lm")
    assert "model.safetensors.index.json" in names
    assert len([name for name in names if name.endswith(".safetensors")]) > 1
    generated = train.call(None, "use_transformers.generate", "alice/tiny-lm", "the hearth")
    assert generated["weights"] == pushed
    assert generated["text"].startswith("the hearth")


def test_from_pretrained_by_branch_and_commit(train, weights: str) -> None:
    other = train.call("alice", "use_transformers.push_to_branch", "alice/tiny-bert", "other")
    assert other != weights
    on_branch = train.call(None, "use_transformers.load", "alice/tiny-bert", "other")
    on_main = train.call(None, "use_transformers.load", "alice/tiny-bert")
    assert (on_branch["weights"], on_main["weights"]) == (other, weights)
    by_commit = train.call(None, "use_transformers.load", "alice/tiny-bert", on_branch["commit"])
    assert by_commit["weights"] == other
    missing = train.error(None, "use_transformers.load", "alice/tiny-bert", "nowhere")
    assert "nowhere is not a valid git identifier" in missing


def test_private_model_is_for_members(train) -> None:
    pushed = train.call("alice", "use_transformers.push", "acme/secret-bert", "private")
    assert train.call("bob", "use_transformers.load", "acme/secret-bert")["weights"] == pushed
    for stranger in ("charlie", None):
        refused = train.error(stranger, "use_transformers.load", "acme/secret-bert")
        assert "acme/secret-bert is not a local folder and is not a valid model" in refused


def test_push_to_hub_of_somebody_else_is_refused(train, weights: str) -> None:
    refused = train.error("charlie", "use_transformers.push_to_branch", "alice/tiny-bert", "main")
    assert "403" in refused
    assert train.call(None, "use_transformers.load", "alice/tiny-bert")["weights"] == weights
