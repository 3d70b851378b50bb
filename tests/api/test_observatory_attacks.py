"""The observatory under attack: by an outsider, and by a member whose token may only read."""

import csv
import io
import json
import re
import time
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from api.observatory import CARD, observing_hub, open_parts
from api.test_mcp import ACCEPT
from calls import commit, new_repo, put
from fit import small_models as small
from hearthub.api.agents import MAX_BODY
from hearthub.pulse import known_metrics, names_repos
from live import LiveHub
from pulse.lakes import history, panel

SECRET = "zwölf-monde"
SEARCH = (
    b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call", '
    b'"params": {"name": "search", "arguments": {'
)
HEADERS = ACCEPT | {"Content-Type": "application/json"}
FORMULAS = [
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20x",
]
ODD = ["x\x07y", "x\u202ey", "x\ufffey", "]]>", "<b>", "&amp;", "x\x85y"]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    folder = tmp_path_factory.mktemp("attacked")
    with observing_hub(folder) as running:
        with running.client("alice") as alice:
            for name, private in (("small", False), ("secret", True), ("acme/secret", True)):
                repo = new_repo(alice, name, private=private)
                told = CARD + (SECRET.encode() if private else b"")
                commit(alice, repo, put("README.md", told), put("config.json", small.config()),
                       put("model.safetensors", small.safetensors()))  # fmt: skip
            gated = new_repo(alice, "gated")
            commit(alice, gated, put("README.md", CARD), put("config.json", small.config()),
                   put("model.safetensors", small.safetensors()))  # fmt: skip
            alice.put(f"/api/models/{gated}/settings", json={"gated": "manual"}).raise_for_status()
        running.settle()
        with open_parts(running) as parts:
            parts.pulse.ingest()
            ids = {
                f"{text}/x": 9 - n for n, text in enumerate([*FORMULAS, *ODD]) if "/" not in text
            }
            panel(parts.pulse.lake, folder, history({"acme/a": 5, **ids}), source="odd")
        yield running


def ask(
    hub: LiveHub, arguments: str | dict[str, Any], tool: str = "fit", token: str | None = None
) -> httpx.Response:
    """By hand: the SDK's client is not all that may ask."""
    told = arguments if isinstance(arguments, str) else json.dumps(arguments)
    body = (f'{{"jsonrpc": "2.0", "id": 1, "method": "tools/call", '
            f'"params": {{"name": "{tool}", "arguments": {told}}}}}')  # fmt: skip
    with hub.client(token=token) as client:
        return client.post("/mcp", content=body, headers=HEADERS)


def is_refused(answer: httpx.Response) -> bool:
    """In words for whoever asked, not by an error of ours."""
    if answer.status_code != 200:
        return answer.status_code == 400
    told = answer.json()
    if "error" in told:
        return told["error"]["code"] != -32603  # internal error
    return bool(told["result"].get("isError"))


class TestAgents:
    @pytest.mark.parametrize("tool", ["facts", "fit"])
    @pytest.mark.parametrize("name", ["alice/secret", "acme/secret", "ALICE/SECRET", "alice/shut"])
    def test_what_is_private_is_not_there(self, hub: LiveHub, tool: str, name: str) -> None:
        for token in (None, hub.read_tokens["charlie"]):
            answer = ask(hub, {"repo": name}, tool, token)
            missing = ask(hub, {"repo": "alice/nothing"}, tool, token)
            assert is_refused(answer)
            assert answer.text == missing.text
            assert SECRET not in answer.text

    def test_of_what_is_gated_no_weights(self, hub: LiveHub) -> None:
        for token in (None, hub.read_tokens["charlie"], hub.read_tokens["bob"]):
            answer = ask(hub, {"repo": "alice/gated", "hardware": ["RTX 4090"]}, "fit", token)
            assert is_refused(answer)
            assert "params_total" not in answer.text

    def test_a_member_sees_what_the_member_may(self, hub: LiveHub) -> None:
        token = hub.read_tokens["bob"]
        assert not is_refused(ask(hub, {"repo": "acme/secret"}, "facts", token))
        assert is_refused(ask(hub, {"repo": "alice/secret"}, "facts", token))

    @pytest.mark.parametrize("words", [
        {"query": "secret"}, {"query": "sec"}, {"query": "alice/secret"},
        {"author": "acme"}, {"author": "alice"},
        {"tags": ["license:mit"]}, {"parameters": "min:0,max:1T"},
        {"fits": "RTX 4090"},
        {"sort": "createdAt"}, {"origin": ""}, {"origin": "own"}, {"task": "text-generation"},
        {"query": SECRET}, {"limit": 1000, "expand": ["cardData", "siblings", "safetensors"]},
    ], ids=str)  # fmt: skip
    def test_no_search_tells_of_it(self, hub: LiveHub, words: dict[str, Any]) -> None:
        for token in (None, hub.read_tokens["charlie"]):
            answer = ask(hub, words, "search", token)
            assert answer.status_code == 200
            for told in ("alice/secret", "acme/secret", "alice/shut", SECRET):
                assert told not in answer.text

    def test_a_place_in_a_list_of_anothers_opens_nothing(self, hub: LiveHub) -> None:
        """What was asked with a token is no session."""
        own = ask(hub, {"limit": 1, "sort": "createdAt"}, "search", hub.read_tokens["alice"])
        cursor = own.json()["result"]["structuredContent"]["next"]
        for words in ({"cursor": cursor}, {"cursor": cursor, "sort": "createdAt", "limit": 100}):
            answer = ask(hub, words, "search")
            assert "secret" not in answer.text
            assert "alice/shut" not in answer.text

    def test_who_asks_is_asked_each_time(self, hub: LiveHub) -> None:
        with hub.client("bob") as bob, hub.client() as anyone:
            first = bob.post("/mcp", json=listing("acme/secret"), headers=HEADERS)
            assert 'isError":false' in first.text.replace(" ", "") or SECRET not in first.text
            for name in ("Mcp-Session-Id", "mcp-session-id", "Last-Event-ID"):
                again = anyone.post(
                    "/mcp", json=listing("acme/secret"), headers=HEADERS | {name: "1"}
                )
                assert is_refused(again) or again.status_code in (400, 404)
        assert "mcp-session-id" not in first.headers

    @pytest.mark.parametrize("number", [
        "Infinity", "-Infinity", "NaN", "1e400", "-1", "0", "true", "[24]", "9" * 400, '"many"',
    ], ids=lambda it: it[:12])  # fmt: skip
    @pytest.mark.parametrize("name", ["vram_gib", "ram_gib", "gpus", "context"])
    def test_numbers(self, hub: LiveHub, name: str, number: str) -> None:
        answer = ask(
            hub, f'{{"repo": "alice/small", "hardware": ["RTX 4090"], "{name}": {number}}}'
        )
        assert is_refused(answer) or number in {"true", "1e400"}
        assert "nternal error" not in answer.text

    @pytest.mark.parametrize("number", ["1e308", "1e-300", "1" + "0" * 30, "4503599627370496"])
    @pytest.mark.parametrize("name", ["vram_gib", "ram_gib", "context"])
    def test_numbers_that_are_some(self, hub: LiveHub, name: str, number: str) -> None:
        answer = ask(
            hub, f'{{"repo": "alice/small", "hardware": ["RTX 4090"], "{name}": {number}}}'
        )
        assert answer.status_code == 200
        assert "nternal error" not in answer.text
        json.loads(answer.text, parse_constant=pytest.fail)

    @pytest.mark.parametrize("text", [
        "\ud800", "\0", "'; drop table repo; --", "../../etc/passwd", '"*', "a* OR b NEAR(c)",
        "%" * 100, "\u202e", "nan", "-1 GiB",
    ], ids=ascii)  # fmt: skip
    def test_words(self, hub: LiveHub, text: str) -> None:
        """None of them is an error of ours; that they find nothing else is the tools' own test."""
        for tool, names in (
            ("search", "query author task library license parameters fits origin cursor"),
            ("facts", "repo revision"),
            ("fit", "repo revision engine file"),
            ("metric", "name by universe window"),
            ("trending", "universe"),
            ("claim", "id source"),
        ):
            for name in names.split():
                basis = {"fit": {"repo": "alice/small"}, "facts": {"repo": "alice/small"},
                         "metric": {"name": "movers"}}.get(tool, {})  # fmt: skip
                answer = ask(hub, {**basis, name: text}, tool)
                assert answer.status_code in (200, 400), (tool, name)
                assert "nternal error" not in answer.text, (tool, name)

    @pytest.mark.parametrize("body", [
        b" " * (MAX_BODY + 1),
        SEARCH + b",".join(b'"k%d": 1' % n for n in range(200_000)) + b"}}}",
        SEARCH + b'"tags": [' + b",".join([b"1"] * 500_000) + b"]}}}",
    ], ids=["blanks", "keys", "items"])  # fmt: skip
    def test_nobody_waits_for_what_is_long(self, hub: LiveHub, body: bytes) -> None:
        began = time.monotonic()
        with hub.client() as anyone:
            answer = anyone.post("/mcp", content=body, headers=HEADERS)
        assert answer.status_code == 400
        assert f"more than {MAX_BODY} bytes" in answer.text
        assert time.monotonic() - began < 2

    def test_nor_for_what_is_just_short_enough(self, hub: LiveHub) -> None:
        began = time.monotonic()
        many = ",".join(f'"k{n}": 1' for n in range(5000))
        for told in (f"{{{many}}}", f'{{"tags": [{",".join("1" * 20_000)}]}}',
                     f'{{"query": {"[" * 900}{"]" * 900}}}'):  # fmt: skip
            answer = ask(hub, told, "search")
            assert answer.status_code in (200, 400)
            assert len(answer.text) < 10_000
        assert time.monotonic() - began < 3

    @pytest.mark.parametrize("method", [
        "resources/list", "resources/read", "prompts/get", "logging/setLevel", "roots/list",
        "sampling/createMessage", "completion/complete", "tasks/list", "subscriptions/listen",
    ])  # fmt: skip
    def test_there_is_nothing_else_to_call(self, hub: LiveHub, method: str) -> None:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {}}
        began = time.monotonic()
        with hub.client() as anyone:
            answer = anyone.post("/mcp", json=body, headers=HEADERS)
        assert answer.status_code < 500
        assert "error" in answer.json()
        assert time.monotonic() - began < 5


def listing(repo: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": "facts", "arguments": {"repo": repo}}}  # fmt: skip


class TestNumbers:
    def test_no_row_names_what_is_private(self, hub: LiveHub) -> None:
        seen = 0
        asks = [(it.id, by) for it in known_metrics() for by in (None, *it.dimensions)]
        with hub.client(token=hub.read_tokens["charlie"]) as charlie:
            for name, by in asks:
                if not names_repos(name, by):
                    continue
                words = {"universe": "model@own", **({"by": by} if by else {})}
                answer = charlie.get(f"/api/pulse/metrics/{name}", params=words)
                assert answer.status_code in (200, 400), (name, by, answer.text)
                seen += "alice/" in answer.text
                assert not re.search(r"\b(alice|acme)/(secret|shut)\b", answer.text), (name, by)
            for sort in ("hub", "pulse", "surprise"):
                words = {"universe": "model@own", "sort": sort}
                answer = charlie.get("/api/pulse/trending", params=words)
                seen += "alice/" in answer.text
                assert not re.search(r"/(secret|shut)\b", answer.text)
        assert seen, "this test must be able to fail"

    @pytest.mark.parametrize("word", [
        "%00", "%ff", "%ed%a0%80", "'%3b%20drop%20table%20repo%3b--", "../../..",
        "model@own%27",
        "model@made-up/all%0a", "model@..", "model@made-up/active%20or%20true", "9" * 200,
        "%E2%80%AE",
        "0001-01", "0001-01-01..9999-12-31", "99999d", "-1", "1e999", "$after",
        "repo)%20--",
    ], ids=lambda it: it[:20])  # fmt: skip
    def test_words(self, hub: LiveHub, word: str) -> None:
        with hub.client() as anyone:
            for name in ("universe", "window", "by", "format"):
                answer = anyone.get(f"/api/pulse/metrics/downloads_gini?{name}={word}")
                assert answer.status_code in (200, 400, 404, 422), (name, answer.text)
            for name in ("universe", "type", "sort", "limit", "format"):
                answer = anyone.get(f"/api/pulse/trending?{name}={word}")
                assert answer.status_code in (200, 400, 404, 422), (name, answer.text)
            for page in ("/pulse/metrics/downloads_gini", "/pulse/trending", "/pulse/claims",
                         "/pulse/metrics/downloads_gini/feed.atom"):  # fmt: skip
                for name in ("universe", "window", "by", "source", "type", "filter", "sort"):
                    answer = anyone.get(f"{page}?{name}={word}")
                    assert answer.status_code in (200, 303, 400, 404, 422), (page, name)
            for part in range(4):
                parts = ["weekly", "made-up", "2026-03-15", "en"]
                parts[part] = word.replace("/", "%2F")
                answer = anyone.get(f"/api/pulse/reports/{'/'.join(parts)}/report.html")
                assert answer.status_code in (400, 404, 422)

    @pytest.mark.parametrize("file", [
        "..%2F..%2Fkept.json", "..%2Fkept.json", "%2Fetc%2Fpasswd", "kept.json", "..%5Ckept.json",
        "%2e%2e%2fwhole.json", "report.html%00", ".",
    ])  # fmt: skip
    def test_a_report_has_its_own_files_alone(self, hub: LiveHub, file: str) -> None:
        with hub.client() as anyone:
            [first, *_] = anyone.get("/api/pulse/reports?kind=weekly&source=made-up&lang=en").json()
            there = first["url"].removeprefix(hub.url)
            assert anyone.get(f"{there}report.html").status_code == 200
            assert anyone.get(f"{there}{file}").status_code in (400, 404, 422)

    def test_no_cell_is_a_formula(self, hub: LiveHub) -> None:
        seen: set[str] = set()
        with hub.client() as anyone:
            for path in ("/api/pulse/trending?universe=model@odd&limit=200&sort=hub",
                         "/api/pulse/metrics/movers?universe=model@odd",
                         "/api/pulse/metrics/trending_hub?universe=model@odd"):  # fmt: skip
                answer = anyone.get(f"{path}&format=csv")
                assert answer.status_code == 200, answer.text
                assert all(c.isprintable() or c == "\n" for c in answer.text)
                for row in csv.reader(io.StringIO(answer.text)):
                    for cell in row:
                        seen |= {text for text in FORMULAS if text in cell}
                        is_number = re.fullmatch(r"[-+]?[\d.]+(e[-+]?\d+)?", cell)
                        assert is_number or not re.match("[=+@\uff1d\uff0b\uff0d\uff20-]", cell), (
                            cell
                        )
        assert seen, "this test must be able to fail"

    def test_feeds_are_xml(self, hub: LiveHub) -> None:
        with hub.client() as anyone:
            for path in ("/api/pulse/weekly.atom", "/api/pulse/weekly.atom?source=%07%EF%BF%BE%3Cb",
                         "/pulse/metrics/downloads_gini/feed.atom?universe=model@odd"):  # fmt: skip
                answer = anyone.get(path)
                assert answer.status_code in (200, 400, 404), answer.text
                if answer.status_code == 200:
                    ElementTree.fromstring(answer.content)
                    assert "\u202e" not in answer.text
