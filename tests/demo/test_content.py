"""What the demo hub holds: whole repos with cards that say what they come from."""

import io
import json

import pyarrow.parquet as pq
import pytest
import yaml

from demo.content import Repo, repos
from hearthub.names import check_repo_name

REPOS = {repo.name: repo for repo in repos("demo")}


def head_of(repo: Repo) -> dict[str, object]:
    _, head, _ = repo.files["README.md"].decode().split("---\n", 2)
    loaded = yaml.safe_load(head)
    assert isinstance(loaded, dict)
    return loaded


@pytest.mark.parametrize("repo", REPOS.values(), ids=REPOS)
def test_every_repo_has_a_legal_name_and_a_licence(repo: Repo) -> None:
    check_repo_name(repo.name)
    assert head_of(repo)["license"] in {"apache-2.0", "cc0-1.0"}


@pytest.mark.parametrize(
    ("name", "relation"),
    [("ember-moved", "finetune"), ("ember-lora", "adapter"), ("ember-GGUF", "quantized")],
)
def test_derivatives_name_their_base(name: str, relation: str) -> None:
    head = head_of(REPOS[name])
    assert (head["base_model"], head["base_model_relation"]) == ("demo/ember", relation)


def test_finetune_shares_most_of_its_bytes_with_the_base() -> None:
    base = REPOS["ember"].files["model.safetensors"]
    moved = REPOS["ember-moved"].files["model.safetensors"]
    assert base != moved
    same = sum(a == b for a, b in zip(base, moved, strict=True))
    assert same > len(base) * 0.5


def test_config_fits_the_weights() -> None:
    files = REPOS["ember"].files
    config = json.loads(files["config.json"])
    length = int.from_bytes(files["model.safetensors"][:8], "little")
    header = json.loads(files["model.safetensors"][8 : 8 + length])
    shape = header["model.embed_tokens.weight"]["shape"]
    assert shape == [config["vocab_size"], config["hidden_size"]]
    assert len(json.loads(files["tokenizer.json"])["model"]["vocab"]) == config["vocab_size"]


def test_reviews_are_balanced_and_split() -> None:
    files = REPOS["hearth-reviews"].files
    train, test = (
        pq.read_table(io.BytesIO(files[f"data/{split}-00000-of-00001.parquet"])).to_pylist()
        for split in ("train", "test")
    )
    assert (len(train), len(test)) == (360, 120)
    assert sum(row["label"] for row in train + test) == 240
    assert not {row["text"] for row in train} & {row["text"] for row in test}


def test_space_is_static_and_fetches_nothing() -> None:
    repo = REPOS["hello"]
    assert (repo.type, head_of(repo)["sdk"]) == ("space", "static")
    assert b"//" not in repo.files["index.html"]
