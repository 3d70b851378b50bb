"""What a stranger writes into weights, configs and cards never stops a list or a page."""

import json
import time

import httpx
from hypothesis import given
from hypothesis import strategies as st

from calls import commit, new_repo, put
from hearthub.catalogue.facts import (
    Facts,
    dataset_facts,
    model_facts,
    parameters,
    space_facts,
)

plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
keys = st.sampled_from(
    "shape dtype tags license language base_model datasets architectures model_type chat_template "
    "library_name pipeline_tag auto_map quantization vision_config model-index a".split()
)
anything = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4)
)
objects = st.dictionaries(keys, anything, max_size=6)
paths = st.lists(st.sampled_from(["config.json", "a.gguf", "b.safetensors", "x.parquet", "."]))


@given(paths, objects, objects, st.lists(objects, max_size=3))
def test_facts_take_anything(
    files: list[str], card: dict[str, object], config: dict[str, object], headers: list[dict]
) -> None:
    found = [
        model_facts(files, card, "", config, "here", parameters(headers)),
        dataset_facts(files, card, "", "here"),
        space_facts(card, None, "here"),
    ]
    for facts in found:
        assert all(isinstance(tag, str) for tag in facts.tags)
        assert Facts.from_json(facts.to_json()).tags == facts.tags


def safetensors(header: bytes) -> bytes:
    return len(header).to_bytes(8, "little") + header


HEADERS = [
    b'{"a":{"shape":5,"dtype":"F32"}}',
    b'{"a":{"shape":null}}',
    b'{"a":{"dtype":["x"],"shape":[1]}}',
    b'{"a":{"dtype":"\\ud800","shape":[1]}}',
    b'{"a":{"dtype":"F32","shape":[' + b",".join([b"9" * 4000] * 900) + b"]}}",
    b"[" * 100_000,
    b"{}",
]
CONFIGS = [
    b'{"model_type": "\\ud800"}',
    b'{"model_type": NaN, "architectures": "x"}',
    b'{"architectures": [[]], "chat_template": {"a": 1}}',
    b"[1]",
    b"\xff\xfe",
]
CARD = b'---\ntags: ["\\ud800", {a: 1}]\nlicense: [[x]]\nbase_model: 5\n---\n# x\n'


def test_lists_and_pages_outlive_hostile_repos(alice: httpx.Client, anyone: httpx.Client) -> None:
    for header in HEADERS:
        check(alice, anyone, put("m.safetensors", safetensors(header)))
    for config in CONFIGS:
        check(alice, anyone, put("config.json", config), put("README.md", CARD))


def check(alice: httpx.Client, anyone: httpx.Client, *lines: dict[str, object]) -> None:
    repo = new_repo(alice)
    commit(alice, repo, *lines)
    started = time.monotonic()
    urls = ["/", f"/{repo}", "/api/models?full=true&cardData=true&limit=5"]
    urls += [f"/api/models/{repo}", f"/api/models/{repo}/revision/main"]
    for url in urls:
        answer = anyone.get(url)
        assert answer.status_code == 200, (url, lines, answer.text)
    json.loads(anyone.get(urls[-1]).text, parse_constant=refuse)
    assert time.monotonic() - started < 20


def refuse(word: str) -> None:
    raise AssertionError(f"{word} is no JSON")


def test_a_card_made_to_be_slow_costs_its_reader_once(
    alice: httpx.Client, anyone: httpx.Client
) -> None:
    repo = new_repo(alice)
    commit(alice, repo, put("README.md", b"<div>" * 20_000))
    assert anyone.get(f"/{repo}", timeout=20).status_code == 200
    assert anyone.get(f"/{repo}").elapsed.total_seconds() < 2
