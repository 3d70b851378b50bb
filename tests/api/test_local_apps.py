"""`apps=`, and filters by what a repo has without being tagged so."""

import base64
import json

import httpx
import pytest

from live import LiveHub

CARD = "---\nlicense: {}\ntags: [kitchen]\n---\n# Hello\n"
CONFIG = '{"model_type": "llama", "architectures": ["LlamaForCausalLM"]}'


@pytest.fixture(scope="module", autouse=True)
def _repos(hub: LiveHub, alice: httpx.Client) -> None:
    make(alice, "model", "kitchen-gguf", {"README.md": CARD.format("mit"), "m.gguf": "GGUF"})
    make(alice, "model", "kitchen-llama", {"README.md": CARD.format("mit"), "config.json": CONFIG})
    make(alice, "space", "kitchen-demo", {"README.md": CARD.format("openrail")})
    hub.settle()


def make(client: httpx.Client, kind: str, name: str, files: dict[str, str]) -> None:
    body = {"name": name, "type": kind, **({"sdk": "static"} if kind == "space" else {})}
    client.post("/api/repos/create", json=body).raise_for_status()
    lines: list[object] = [{"key": "header", "value": {"summary": "files"}}]
    for path, text in files.items():
        content = base64.b64encode(text.encode()).decode()
        value = {"path": path, "content": content, "encoding": "base64"}
        lines.append({"key": "file", "value": value})
    content = "\n".join(map(json.dumps, lines))
    client.post(f"/api/{kind}s/alice/{name}/commit/main", content=content).raise_for_status()


def listed(client: httpx.Client, query: str) -> list[str]:
    answer = client.get(f"/api/{query}&filter=kitchen")
    assert answer.status_code == 200, answer.text
    return sorted(row["id"].removeprefix("alice/kitchen-") for row in answer.json())


@pytest.mark.parametrize(
    ("apps", "expected"),
    [
        ("apps=ollama", ["gguf"]),
        ("apps=lmstudio,llama.cpp", ["gguf"]),
        ("apps=vllm", ["llama"]),
        ("apps=docker-model-runner&apps=llama.cpp", ["gguf"]),
        ("apps=mlx-lm", ["llama"]),
        ("apps=no-such-app", []),
        ("apps=", ["gguf", "llama"]),
    ],
)
def test_apps(anyone: httpx.Client, apps: str, expected: list[str]) -> None:
    assert listed(anyone, f"models?{apps}") == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("spaces?filter=license:openrail", ["demo"]),
        ("spaces?filter=license:mit", []),
        ("models?filter=license:mit", ["gguf", "llama"]),
        ("models?filter=library:transformers", ["llama"]),
        ("models?filter=license:", []),
    ],
)
def test_filters_of_what_is_no_tag(anyone: httpx.Client, query: str, expected: list[str]) -> None:
    assert listed(anyone, query) == expected


@pytest.mark.parametrize("field", ["gitalyUid", "sha"])
def test_every_field_a_client_may_ask_for(anyone: httpx.Client, field: str) -> None:
    rows = anyone.get(f"/api/models?filter=kitchen&expand={field}").json()
    assert [set(row) for row in rows] == [{"_id", "id", "modelId", field}] * 2
