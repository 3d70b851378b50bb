"""Fields of models that are worked out: in info, in lists, hosted here and observed elsewhere."""

from typing import Any

import httpx
import pytest

from calls import commit, new_repo, put, unique
from catalogue.shelves import observed
from hearthub.context import Hub
from live import LiveHub

CONFIG = b'{"model_type": "llama", "architectures": ["LlamaForCausalLM"]}'
LLAMA = {
    "auto_model": "AutoModelForCausalLM",
    "pipeline_tag": "text-generation",
    "processor": "AutoTokenizer",
}


def model(client: httpx.Client, card: str, *lines: Any, **more: Any) -> str:
    name = new_repo(client, unique("expand"), **more)
    commit(client, name, put("README.md", f"---\n{card}\n---\n".encode()), *lines)
    return name


def info(client: httpx.Client, repo: str, field: str) -> Any:
    answer = client.get(f"/api/models/{repo}", params={"expand": field})
    assert answer.status_code == 200, answer.text
    return answer.json()[field]


def row(client: httpx.Client, repo: str, field: str, origin: str = "") -> Any:
    params = {"expand": field, "search": repo, "origin": origin}
    rows = client.get("/api/models", params=params).json()
    return next(it[field] for it in rows if it["id"] == repo)


class TestChildren:
    def test_by_relation(self, hub: LiveHub, alice: httpx.Client, anyone: httpx.Client) -> None:
        base = model(alice, "license: mit")
        wanted = {"quantized": 2, "adapter": 1, "finetune": 1}
        for relation, many in wanted.items():
            for _ in range(many):
                model(alice, f"base_model: {base.upper()}\nbase_model_relation: {relation}")
        hidden = model(alice, f"base_model: {base}", private=True)
        hub.settle()
        for client in (alice, anyone):
            assert info(client, base, "childrenModelCount") == wanted
            assert row(client, base, "childrenModelCount") == wanted
        assert info(alice, hidden, "childrenModelCount") == {}
        path = f"/api/models?filter=base_model:quantized:{base}"
        assert len(anyone.get(path).json()) == wanted["quantized"]

    def test_observed(self, parts: Hub, anyone: httpx.Client) -> None:
        base, word = f"far/{unique('base')}", unique("child")
        tags = [f"base_model:{base}", f"base_model:merge:{base}"]
        children = [observed(f"far/{word}-{n}", tags=tags) for n in range(3)]
        parts.catalogue.observe([observed(base), *children])
        assert row(anyone, base, "childrenModelCount", "all") == {"merge": 3}
        assert row(anyone, f"far/{word}-0", "childrenModelCount", "all") == {}


@pytest.mark.parametrize("ask", [info, row])
def test_transformers_info(hub: LiveHub, alice: httpx.Client, ask: Any) -> None:
    repo = model(alice, "license: mit", put("config.json", CONFIG))
    other = model(alice, "library_name: keras", put("config.json", CONFIG))
    hub.settle()
    assert ask(alice, repo, "transformersInfo") == LLAMA
    assert ask(alice, other, "transformersInfo") is None


def test_transformers_info_observed(parts: Hub, anyone: httpx.Client) -> None:
    name = f"far/{unique('llama')}"
    config = {"architectures": ["LlamaForCausalLM"]}
    parts.catalogue.observe([observed(name, library="transformers", config=config)])
    assert row(anyone, name, "transformersInfo", "all") == LLAMA
