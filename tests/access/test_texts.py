"""Texts that no database can hold: to every route, in its path, its query and its body.

NUL is text to SQLite and to JSON, and none to PostgreSQL; half a surrogate pair is none to UTF-8.
"""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import httpx
import pytest

import hearthub
from access.cast import Cast, assemble, send, shelve
from access.table import TABLE
from access.words import Call
from hearthub import api
from live import live_hub
from postgres import postgres

WHO = "site admin"
NUL, HALF = "x%00y", "x%ED%A0%80y"
_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")
_ASKED = re.compile(r'query_params(?:\.get\(|\.getlist\(|\[)"(\w+)"')


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def cast(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cast]:
    with ExitStack() as stack:
        settings: dict[str, Any] = {"rate_wrong_tokens": 0, "webhook_networks": "127.0.0.1"}
        if request.param == "postgres":
            settings["database_url"] = stack.enter_context(postgres())
        hub = stack.enter_context(live_hub(tmp_path_factory.mktemp("texts"), **settings))
        found = assemble(hub)
        yield found
        for client in found.clients.values():
            client.close()


@pytest.mark.parametrize("call", TABLE, ids=lambda call: f"{call.methods} {call.path}")
def test_each_route(cast: Cast, call: Call) -> None:
    """Refuses it, or finds nothing: it never fails."""
    kind = "dataset" if call.path.startswith("/{kind:kind}") else "model"
    repo = cast.repos["olive", kind, "public"]
    if call.fresh:
        repo = shelve(cast, "olive", "owner", kind, "public")
    wrong = []
    for method in call.methods.split():
        for what, changed in attacks(call, method):
            answer = send(cast.clients[WHO], method, changed, kind, repo)
            if answer.status_code >= 500:
                wrong.append(f"{method} with {what}: {answer.status_code} {answer.text[:200]}")
    assert wrong == []


def attacks(call: Call, method: str) -> Iterator[tuple[str, Call]]:
    for text in (NUL, HALF):
        for name in _PARAMETER.findall(call.path):
            if name not in ("kind", "type"):
                yield f"{text} for {name}", replace(call, path=_filled(call.path, name, text))
        for name in _queries(method, call.path):
            joint = "&" if "?" in call.path else "?"
            yield f"?{name}={text}", replace(call, path=f"{call.path}{joint}{name}={text}")
        for path, body in _bodies(call.json, "x\0y" if text == NUL else "x\ud800y"):
            content = json.dumps(body).encode()
            changed = replace(call, json=None, content=content, media="application/json")
            yield f"{text} in the body at {path}", changed
        if call.content and call.media and "urlencoded" in call.media:
            for pair in call.content.decode().split("&"):
                name = pair.partition("=")[0]
                content = call.content.decode().replace(pair, f"{name}={text}").encode()
                yield f"{text} in the field {name}", replace(call, content=content)
        elif call.content and call.content.startswith(b"{"):
            lines = [json.loads(line) for line in call.content.splitlines()]
            for path, body in _bodies(lines, "x\0y" if text == NUL else "x\ud800y"):
                content = "\n".join(map(json.dumps, body)).encode()
                yield f"{text} in the lines at {path}", replace(call, content=content)
        elif call.content:
            raw = unquote_to_bytes(text)
            yield f"{text} as the body", replace(call, content=raw)
            yield f"{text} after the body", replace(call, content=call.content + raw)


def _filled(path: str, name: str, text: str) -> str:
    return re.sub(rf"\{{{name}(:\w+)?\}}", text, path)


@cache
def _queries(method: str, path: str) -> list[str]:
    """What a route may be asked: as it declares it, or as any code of ours reads it."""
    for router in api.routers:
        for route in router.routes:
            if route.path == path and method in route.methods:
                return sorted({it.alias for it in _parameters(route.dependant)})
    return _asked() if method == "GET" else []


def _parameters(dependant: Any) -> list[Any]:
    nested = [it for below in dependant.dependencies for it in _parameters(below)]
    return [*dependant.query_params, *nested]


@cache
def _asked() -> list[str]:
    texts = [path.read_text() for path in Path(hearthub.__file__).parent.rglob("*.py")]
    return sorted({name for text in texts for name in _ASKED.findall(text)})


def _bodies(value: Any, text: str) -> Iterator[tuple[str, Any]]:
    """The body with one of its texts replaced, and each with where that was."""
    if isinstance(value, str):
        yield "", text
    elif isinstance(value, dict):
        for key, below in value.items():
            yield from ((f".{key}{p}", {**value, key: it}) for p, it in _bodies(below, text))
    elif isinstance(value, list):
        for at, below in enumerate(value):
            for path, it in _bodies(below, text):
                yield f"[{at}]{path}", [*value[:at], it, *value[at + 1 :]]


def test_a_token(cast: Cast) -> None:
    for text in ("x\0y", "hf_\0"):
        header = httpx.BasicAuth("user", text)
        answer = httpx.get(f"{cast.clients[WHO].base_url}/api/whoami-v2", auth=header)
        assert answer.status_code == 401
