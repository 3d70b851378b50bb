"""`/mcp`, asked by the SDK's own client over a real connection."""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import httpx
import httpx2
import jsonschema
import pytest
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client

from api.observatory import CARD, observing_hub, open_parts
from calls import commit, new_repo, put
from catalogue.shelves import observed
from fit import small_models as small
from live import LiveHub
from pulse.lakes import history, panel

T = TypeVar("T")
TOOLS = {"search", "facts", "fit", "trending", "metric", "claim"}
ASK = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
ACCEPT = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-06-18"}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    with observing_hub(tmp_path_factory.mktemp("agents")) as running:
        with running.client("alice") as alice:
            for name, private in (("small", False), ("secret", True)):
                repo = new_repo(alice, name, private=private)
                lines = [put("README.md", CARD), put("config.json", small.config())]
                commit(alice, repo, *lines, put("model.safetensors", small.safetensors()))
            gated = new_repo(alice, "gated")
            commit(alice, gated, put("README.md", CARD))
            alice.put(f"/api/models/{gated}/settings", json={"gated": "manual"}).raise_for_status()
        running.settle()
        yield running


def asked(
    hub: LiveHub,
    work: Callable[[Client], Awaitable[T]],
    user: str | None = None,
    mode: str = "auto",
) -> T:
    async def run() -> T:
        headers = {"Authorization": f"Bearer {hub.tokens[user]}"} if user else {}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=60) as http,
            Client(streamable_http_client(f"{hub.url}/mcp", http_client=http), mode=mode) as client,
        ):
            return await work(client)

    return asyncio.run(run())


def call(hub: LiveHub, tool: str, user: str | None = None, **arguments: Any) -> dict[str, Any]:
    result = asked(hub, lambda client: client.call_tool(tool, arguments), user)
    assert not result.is_error, result.content
    found: dict[str, Any] = result.structured_content
    return found


def refused(hub: LiveHub, tool: str, user: str | None = None, **arguments: Any) -> str:
    result = asked(hub, lambda client: client.call_tool(tool, arguments), user)
    assert result.is_error
    assert result.structured_content is None
    return str(result.content[0].text)


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_the_tools_have_schemas(hub: LiveHub, mode: str) -> None:
    found = asked(hub, lambda client: client.list_tools(), mode=mode).tools
    assert {tool.name for tool in found} == TOOLS
    for tool in found:
        assert tool.annotations
        assert tool.annotations.read_only_hint
        for schema in (tool.input_schema, tool.output_schema):
            jsonschema.Draft202012Validator.check_schema(schema)


class TestSearch:
    def test_it_works(self, hub: LiveHub) -> None:
        found = call(hub, "search", query="small", license="mit", sort="likes")
        assert [repo["id"] for repo in found["repos"]] == ["alice/small"]
        assert found["next"] is None

    def test_page_by_page(self, hub: LiveHub) -> None:
        first = call(hub, "search", sort="createdAt", limit=1)
        second = call(hub, "search", sort="createdAt", limit=1, cursor=first["next"])
        assert first["repos"][0]["id"] != second["repos"][0]["id"]

    def test_private_ones_are_found_by_their_owner_alone(self, hub: LiveHub) -> None:
        for user, expected in ((None, []), ("charlie", []), ("alice", ["alice/secret"])):
            found = call(hub, "search", user, query="secret")["repos"]
            assert [repo["id"] for repo in found] == expected, user

    @pytest.mark.parametrize(
        ("arguments", "part"),
        [
            ({"type": "paper"}, "type"),
            ({"fits": "RTX 4091"}, "did you mean"),
            ({"parameters": "many"}, "num_parameters"),
            ({"expand": ["nothing"]}, "Invalid expand"),
            ({"limit": 0}, "limit"),
            ({"words": "x"}, "words"),
            ({"cursor": "none of ours"}, "cursor"),
        ],
    )
    def test_malformed(self, hub: LiveHub, arguments: dict[str, Any], part: str) -> None:
        assert part in refused(hub, "search", **arguments)


class TestFacts:
    def test_it_works(self, hub: LiveHub) -> None:
        found = call(hub, "facts", repo="alice/small")["facts"]
        assert (found["id"], found["cardData"]["license"]) == ("alice/small", "mit")
        assert found["safetensors"]["total"] == small.PARAMETERS

    def test_as_the_api_tells_it(self, hub: LiveHub) -> None:
        with hub.client() as anyone:
            expected = anyone.get("/api/models/alice/small").json()
        assert call(hub, "facts", repo="alice/small")["facts"] == expected

    def test_outsider(self, hub: LiveHub) -> None:
        missing = refused(hub, "facts", "charlie", repo="alice/missing")
        assert refused(hub, "facts", "charlie", repo="alice/secret") == missing
        assert refused(hub, "facts", repo="alice/secret") == missing
        assert "not found" in missing
        assert call(hub, "facts", "alice", repo="alice/secret")["facts"]["private"]

    def test_an_old_name(self, hub: LiveHub) -> None:
        with hub.client("alice") as alice:
            new_repo(alice, "former")
            body = {"fromRepo": "alice/former", "toRepo": "alice/latter", "type": "model"}
            alice.post("/api/repos/move", json=body).raise_for_status()
        assert call(hub, "facts", repo="alice/former")["facts"]["id"] == "alice/latter"

    def test_an_observed_one(self, hub: LiveHub, far: str) -> None:
        found = call(hub, "facts", repo=far)["facts"]
        assert (found["id"], found["origin"]) == (far, "fits.example")


@pytest.fixture(scope="module")
def far(hub: LiveHub) -> str:
    with open_parts(hub) as parts:
        model = observed("far/big-70b", library="transformers", formats=["safetensors"],
                         tags=["transformers"], origin="fits.example")  # fmt: skip
        parts.catalogue.observe([model])
    return "far/big-70b"


class TestFit:
    def test_it_works(self, hub: LiveHub) -> None:
        found = call(hub, "fit", repo="alice/small", hardware=["RTX 4090"])["report"]
        assert found["params_total"] == small.PARAMETERS
        assert [each["verdict"] for each in found["verdicts"]] == ["fits"]

    def test_an_observed_one_is_guessed(self, hub: LiveHub, far: str) -> None:
        found = call(hub, "fit", repo=far, hardware=["RTX 4090", "MI355X"])
        assert (found["origin"], found["report"]) == ("fits.example", None)
        assert [each["fits"] for each in found["guess"]["verdicts"]] == [False, True]

    def test_outsider(self, hub: LiveHub) -> None:
        assert "not found" in refused(hub, "fit", "charlie", repo="alice/secret")
        assert "GatedRepo" in refused(hub, "fit", "charlie", repo="alice/gated")
        assert call(hub, "fit", "alice", repo="alice/secret")["repo"] == "alice/secret"

    @pytest.mark.parametrize("name", ["auto", "no such card", "EPYC 9654"])
    def test_hardware_that_is_none(self, hub: LiveHub, name: str) -> None:
        assert refused(hub, "fit", repo="alice/small", hardware=[name])


class TestNumbers:
    def test_trending(self, hub: LiveHub) -> None:
        found = call(hub, "trending", limit=2)
        assert (found["source"], found["synthetic"]) == ("made-up", True)
        assert found["rows"][0]["id"] == "cn/rocket"

    def test_a_metric(self, hub: LiveHub) -> None:
        found = call(hub, "metric", name="downloads_gini", universe="model@made-up")
        assert found["total"] == len(found["rows"]) == 1
        assert found["rows"][0]["synthetic"] is True
        assert 0 < found["rows"][0]["value"] < 1
        assert found["metrics"][0]["definition"]

    def test_the_list_of_metrics(self, hub: LiveHub) -> None:
        names = {each["metric"] for each in call(hub, "metric")["metrics"]}
        assert {"downloads_gini", "movers"} <= names

    def test_claims(self, hub: LiveHub) -> None:
        every = call(hub, "claim", source="made-up")["claims"]
        assert len(every) >= 25
        one = call(hub, "claim", source="made-up", id=every[0]["claim"])["claims"]
        assert one == every[:1]

    @pytest.mark.parametrize(
        ("tool", "arguments", "part"),
        [
            ("metric", {"name": "nothing"}, "no metric"),
            ("metric", {"name": "movers", "universe": "x"}, "A universe is"),
            ("metric", {"name": "movers", "window": "soon"}, "no window"),
            ("claim", {"id": "nothing", "source": "made-up"}, "No claim"),
            ("claim", {"source": "nobody"}, "Nothing is known"),
            ("trending", {"universe": "model@nobody"}, "nobody"),
        ],
    )
    def test_missing_and_malformed(
        self, hub: LiveHub, tool: str, arguments: dict[str, Any], part: str
    ) -> None:
        assert part in refused(hub, tool, **arguments)


def test_rows_of_repos_that_may_not_be_passed_on(hub: LiveHub, tmp_path: Path) -> None:
    with open_parts(hub) as parts:
        panel(parts.pulse.lake, tmp_path, history({"shut/x": 3}), source="shut",
              redistributable=False)  # fmt: skip
    for tool, arguments in (("trending", {}), ("metric", {"name": "trending_hub"})):
        assert "may not be passed on" in refused(hub, tool, universe="model@shut", **arguments)
    assert call(hub, "metric", name="downloads_gini", universe="model@shut")["rows"]


def test_who_asks_nothing_pays_nothing() -> None:
    """The SDK takes half a second and tens of megabytes."""
    look = "import hearthub.app, sys; print([m for m in ('mcp', 'jsonschema') if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


class TestTheDoor:
    def post(self, hub: LiveHub, **headers: str) -> httpx.Response:
        with hub.client() as anyone:
            return anyone.post("/mcp", json=ASK, headers=ACCEPT | headers)

    def test_plain_json(self, hub: LiveHub) -> None:
        answer = self.post(hub)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/json"
        assert {tool["name"] for tool in answer.json()["result"]["tools"]} == TOOLS

    def test_a_wrong_token(self, hub: LiveHub) -> None:
        answer = self.post(hub, Authorization="Bearer hf_wrong")
        assert answer.status_code == 401

    @pytest.mark.parametrize("origin", ["http://evil.example", "null", "http:", ""])
    def test_pages_of_others_are_refused(self, hub: LiveHub, origin: str) -> None:
        answer = self.post(hub, Origin=origin)
        assert answer.status_code == 403
        assert "another site" in answer.json()["error"]

    def test_after_a_trick_with_names_too(self, hub: LiveHub) -> None:
        port = hub.url.rpartition(":")[2]
        host = f"evil.example:{port}"
        assert self.post(hub, Host=host, Origin=f"http://{host}").status_code == 403

    def test_its_own_pages_and_any_name_of_it(self, hub: LiveHub) -> None:
        assert self.post(hub, Origin=hub.url).status_code == 200
        assert self.post(hub, Host="hub.lan:7979").status_code == 200

    def test_other_methods(self, hub: LiveHub) -> None:
        with hub.client() as anyone:
            for method in ("GET", "DELETE"):
                answer = anyone.request(method, "/mcp")
                assert (answer.status_code, answer.headers["allow"]) == (405, "POST")

    @pytest.mark.parametrize("body", [b"", b"[]", b"nothing", b"\xff", b"[" * 100_000])
    def test_malformed(self, hub: LiveHub, body: bytes) -> None:
        with hub.client() as anyone:
            headers = ACCEPT | {"Content-Type": "application/json"}
            answer = anyone.post("/mcp", content=body, headers=headers)
            assert answer.status_code == 400, answer.text

    def test_an_unknown_tool(self, hub: LiveHub) -> None:
        body = ASK | {"method": "tools/call", "params": {"name": "drop", "arguments": {}}}
        with hub.client() as anyone:
            answer = anyone.post("/mcp", json=body, headers=ACCEPT)
        assert "no tool" in answer.json()["error"]["message"]
