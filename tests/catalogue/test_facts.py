"""What the catalogue reads from a repo's files, whoever wrote them."""

import json
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from hearthub.accounts import Actor
from hearthub.app import open_hub
from hearthub.catalogue import Facts
from hearthub.context import Hub
from hearthub.registry import CommitHeader, PutFile, Repo
from hearthub.settings import Settings


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with open_hub(Settings(data=tmp_path)) as hub:
        hub.accounts.add_user("alice")
        yield hub


def safetensors(header: object) -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + b"\0" * 64


def filled(hub: Hub, kind: str, files: dict[str, bytes]) -> Repo:
    alice: Actor = hub.accounts.actor("alice")
    repo = hub.registry.create(alice, kind, "alice/r")
    puts = [PutFile(path, data) for path, data in files.items()]
    hub.registry.commit(alice, repo, "main", CommitHeader("x"), puts)
    return repo


def test_a_model(hub: Hub) -> None:
    tensor = {"dtype": "F32", "shape": [4, 4], "data_offsets": [0, 64]}
    card = b"---\nlicense: mit\nlanguage: en\npipeline_tag: fill-mask\ntags: [tiny]\n---\n"
    repo = filled(
        hub,
        "model",
        {
            "README.md": card,
            "config.json": b'{"model_type": "bert", "architectures": ["BertModel"]}',
            "model.safetensors": safetensors({"w": tensor}),
        },
    )
    facts = hub.catalogue.facts(repo)
    assert facts.pipeline_tag == "fill-mask"
    assert {"license:mit", "en", "tiny", "bert", "safetensors"} <= set(facts.tags)
    assert facts.library == "transformers"
    assert facts.safetensors
    assert facts.safetensors["total"] == 16


def test_the_job_keeps_what_reading_gives(hub: Hub) -> None:
    repo = filled(hub, "dataset", {"README.md": b"---\nlicense: mit\n---\nText"})
    read = hub.catalogue.facts(repo)
    hub.catalogue.refresh({"repo_id": repo.id})
    assert hub.catalogue_db.value("select count(*) from listing_facts") == 1
    assert hub.catalogue.facts(repo) == read
    assert hub.catalogue.facts_of([repo]) == {repo.id: read}
    hub.registry.delete(hub.accounts.actor("alice"), "dataset", "alice/r")
    hub.catalogue.refresh({"repo_id": repo.id})
    assert hub.catalogue_db.value("select count(*) from listing_facts") == 0


@pytest.mark.parametrize(
    "files",
    [
        {"README.md": b"---\n- a\n- b\n---\n"},
        {"README.md": b"---\ntags: {a: 1}\nlanguage: 5\nlicense: [1, null]\nmodel-index: x\n---\n"},
        {"README.md": b"---\nbase_model: {a: b}\npipeline_tag: [x]\nlibrary_name: 3\n---\n"},
        {"config.json": b"[1]"},
        {"config.json": b"[" * 50_000},
        {"config.json": b'{"architectures": 5, "model_type": []}'},
        {"m.safetensors": b""},
        {"m.safetensors": b"\xff" * 100},
        {"m.safetensors": safetensors([1])},
        {"m.safetensors": safetensors({"w": 5, "x": {"dtype": 3, "shape": "a"}})},
        {"m.safetensors": safetensors({"w": {"dtype": "F32", "shape": [-1, 2**70]}})},
    ],
)
@pytest.mark.parametrize("kind", ["model", "dataset", "space"])
def test_odd_files_do_no_harm(hub: Hub, kind: str, files: dict[str, bytes]) -> None:
    repo = filled(hub, kind, files)
    facts = hub.catalogue.facts(repo)
    assert isinstance(facts, Facts)
    json.dumps(facts.to_json(), allow_nan=False)
    hub.catalogue.refresh({"repo_id": repo.id})


def test_a_config_as_python_writes_it(hub: Hub) -> None:
    config = b'{"model_type": "mamba2", "time_step_limit": [0.0, Infinity], "x": "\\ud800"}'
    assert hub.catalogue.facts(filled(hub, "model", {"config.json": config})).config == {
        "model_type": "mamba2"
    }


def test_half_a_sum_is_no_number(hub: Hub) -> None:
    good = safetensors({"w": {"dtype": "F32", "shape": [16], "data_offsets": [0, 64]}})
    bad = safetensors({"w": {"dtype": "F32", "shape": [True], "data_offsets": [0, 64]}})
    first, second = (f"model-0000{n}-of-00002.safetensors" for n in (1, 2))
    assert hub.catalogue.facts(filled(hub, "model", {first: good, second: bad})).safetensors is None


def test_facts_of_another_version(hub: Hub) -> None:
    repo = filled(hub, "dataset", {"README.md": b"---\nlicense: mit\n---\n"})
    hub.catalogue.refresh({"repo_id": repo.id})
    text = '{"gone": 1, "tags": ["a"]}'
    hub.catalogue_db.execute("update listing_facts set facts = :facts", facts=text)
    assert hub.catalogue.facts(repo) == hub.catalogue.facts_of([repo])[repo.id] == Facts(["a"])
