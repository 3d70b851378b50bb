"""What a stranger writes into weights, configs and cards never stops a list or a page."""

import json
import time
from dataclasses import replace

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calls import commit, new_repo, put
from hearthub.catalogue.facts import (
    Facts,
    dataset_facts,
    model_facts,
    space_facts,
)
from hearthub.catalogue.reading import known_of
from hearthub.fit import Summary, of_observed

plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
keys = st.sampled_from(
    "shape dtype tags license language base_model datasets architectures model_type chat_template "
    "library_name pipeline_tag auto_map quantization vision_config model-index a bits doi "
    "quantization_config quant_method load_in_4bit dataset_info features splits num_examples "
    "list sequence struct size_categories base_model_relation results inference".split()
)
anything = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4)
)
objects = st.dictionaries(keys, anything, max_size=6)
paths = st.lists(st.sampled_from(["config.json", "a.gguf", "b.safetensors", "x.parquet", "."]))


@settings(suppress_health_check=[HealthCheck.too_slow])  # of the machine, not of our code
@given(paths, objects, objects)
def test_facts_take_anything(
    files: list[str], card: dict[str, object], config: dict[str, object]
) -> None:
    weights = {"parameters": {"I8": 7}, "total": 7}
    found = [
        model_facts(files, card, "", config, "here", weights),
        model_facts(files, card, "", {}, "", None, tokenizer=config, model_index=card, gguf=config),
        dataset_facts(files, card, "", "here"),
        space_facts(card, None, "here"),
    ]
    for facts in found:
        assert all(isinstance(tag, str) for tag in facts.tags)
        assert Facts.from_json(facts.to_json()).tags == facts.tags
    summary = of_observed("acme/model-7b", known_of(replace(found[0], gguf=None), config))
    assert Summary.from_json(summary.to_json()) == summary


ODD = ["\0", "\ud800", "\u202e", "\x1b[2J", "a\r\nb", "x" * 10_000, " ", "<b>", "{{ 7 * 7 }}"]
CARD_KEYS = """
tags language license datasets base_model base_model_relation library_name pipeline_tag doi models
model-index co2_eq_emissions inference task_categories task_ids annotations_creators
size_categories dataset_info sdk
""".split()
CONFIG_KEYS = "architectures model_type auto_map quantization chat_template _class_name".split()
VALUES: list[object] = [
    *ODD,
    ODD,
    ["x"] * 2000,
    [f"tag-{n}" for n in range(2000)],
    [[["x"]]] * 1000,
    {"x": {"x": {}}},
    [{"name": "x", "results": ODD}] * 9,
    {"splits": [{"num_examples": 2**60}] * 1000, "features": [{"dtype": "x"}] * 1000},
    {"features": {"list": {"struct": [{"sequence": "image"}] * 1000}}},
    2**63,
    float("inf"),
    True,
]


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_any_value_anywhere(value: object) -> None:
    """Tags stay short, few, and such that PostgreSQL, JSON and a terminal take them."""
    card = dict.fromkeys(CARD_KEYS, value)
    config = dict.fromkeys(CONFIG_KEYS, value) | {"quantization_config": {"quant_method": value}}
    paths = [f"{n}/{text}.gguf" for n, text in enumerate(ODD)] * 500
    for facts in (
        model_facts(paths, card, "x", config, "here", None, tokenizer=config, model_index=config),
        model_facts(["config.json"], {}, "x", config, "here", None, gguf=config),
        dataset_facts(paths, card, "x", "here"),
        space_facts(card, None, "here"),
    ):
        assert len(facts.tags) <= 500
        assert len(facts.licenses) <= 500
        for tag in [*facts.tags, *facts.licenses, *facts.languages, facts.doi or ""]:
            assert len(tag) < 300
            assert not any(c < " " or "\x7f" <= c <= "\x9f" for c in tag)
            tag.encode()
        assert Facts.from_json(facts.to_json()).tags == facts.tags


def test_numbers_that_cost_minutes() -> None:
    card = dict.fromkeys(CARD_KEYS, 10**1_000_000)
    assert dataset_facts([], card, "", "here").tags == ["region:here"]


def test_bidi_letters_stay_text() -> None:
    facts = dataset_facts([], {"tags": ["\u202etxt"], "license": "\u2066x"}, "\u202ebody", "here")
    assert {"\u202etxt", "license:\u2066x"} <= set(facts.tags)
    assert facts.card_text == "\u202ebody"


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
