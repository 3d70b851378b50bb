"""Every setting and every route is written down, and nothing that does not exist."""

import dataclasses
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Route

from hearthub import api
from hearthub.app import create_app, open_hub
from hearthub.settings import Settings
from house.tree import ROOT

DOCS = ROOT / "docs"
ROW = re.compile(r"^\| `(?:[A-Z]+ )?(/\S*)` \|", re.MULTILINE)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    with open_hub(Settings(data=tmp_path_factory.mktemp("data"))) as hub:
        yield create_app(hub)


def api_routes() -> list[APIRoute]:
    routes = [route for router in api.routers for route in router.routes]
    return [route for route in routes if isinstance(route, APIRoute)]


def plain(path: str) -> str:
    """A route's path without the convertors of its parameters."""
    return re.sub(r":\w+}", "}", path)


def test_every_setting_is_documented() -> None:
    text = (DOCS / "configuration.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| `(HEARTHUB_\w+)` \|", text, re.MULTILINE)
    names = [field.name for field in dataclasses.fields(Settings)]
    assert sorted(rows) == sorted((name, f"HEARTHUB_{name.upper()}") for name in names)


def test_every_api_route_has_a_summary(app: FastAPI) -> None:
    operations = [(path, verb) for path, verbs in app.openapi()["paths"].items() for verb in verbs]
    assert len(operations) == sum(len(route.methods) for route in api_routes())
    assert [route.path for route in api_routes() if not route.summary] == []


def test_every_route_is_documented(app: FastAPI) -> None:
    routes = [*api_routes(), *(route for route in app.routes if isinstance(route, Route))]
    paths = {plain(route.path) for route in routes}
    documented = set(ROW.findall((DOCS / "http.md").read_text()))
    assert paths - documented == set(), "not in docs/http.md"
    assert documented - paths == set(), "in docs/http.md, but no such route"


@pytest.mark.parametrize(
    "document",
    [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))],
    ids=lambda path: path.name,
)
def test_links_lead_somewhere(document: Path) -> None:
    prose = re.sub(r"^```.*?^```", "", document.read_text(), flags=re.DOTALL | re.MULTILINE)
    links = re.findall(r"\]\(([^)#:\s]+)", prose)
    written_by_tests = {DOCS / "compatibility.md"}
    missing = [
        link
        for link in links
        if not (target := (document.parent / link).resolve()).exists()
        and target not in written_by_tests
    ]
    assert missing == []


def test_not_affiliated() -> None:
    assert "not affiliated with Hugging Face" in (ROOT / "README.md").read_text()
    web = ROOT / "src" / "hearthub" / "web"
    assert '{{ t("footer") }}' in (web / "templates" / "base.html").read_text()
    words = tomllib.loads((web / "words.toml").read_text("utf-8"))
    assert "not affiliated with Hugging Face" in words["en"]["footer"]
    assert "Hugging Face とは関係がありません" in words["ja"]["footer"]
