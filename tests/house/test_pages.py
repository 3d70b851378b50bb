"""What a browser is told to fetch comes from the hub itself."""

import re

import pytest

from live import LiveHub

HOST = re.compile(r"(?:https?:)?//([\w.\[\]-]+)")


@pytest.fixture(scope="module")
def repo(hub: LiveHub) -> str:
    with hub.client("alice") as client:
        answer = client.post("/api/repos/create", json={"name": "pages", "type": "model"})
        assert answer.status_code == 200, answer.text
    return "/alice/pages"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/models",
        "/pulse",
        "{repo}",
        "/nobody/nothing",
        "/api/docs",
        "/api/docs/start.js",
        "/api/openapi.json",
    ],
)
def test_page_names_no_other_host(hub: LiveHub, repo: str, path: str) -> None:
    with hub.client() as client:
        page = client.get(path.format(repo=repo))
    assert page.status_code == (404 if "nobody" in path else 200)
    assert set(HOST.findall(page.text)) <= {"127.0.0.1"}


@pytest.mark.parametrize(
    "path", ["/", "/models", "/pulse", "/pulse/metrics", "{repo}", "/api/docs"]
)
def test_policy_lets_a_page_fetch_nothing_elsewhere(hub: LiveHub, repo: str, path: str) -> None:
    with hub.client() as client:
        policy = client.get(path.format(repo=repo)).headers["Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";") if rule.strip())
    assert rules["default-src"] == "'none'"
    allowed = {"'self'", "'none'", "data:", "'unsafe-inline'"}
    assert {word for rule in rules.values() for word in rule.split()} <= allowed
    assert "'unsafe-inline'" not in rules.get("script-src", "")
