"""Pages: strict policy, no other host, nothing private, cards cleaned."""

import errno
import html
import re
import sqlite3

import httpx
import pytest
from sqlalchemy.exc import OperationalError
from starlette.requests import Request
from starlette.responses import Response

from browsing import Browser
from calls import commit, delete, new_repo, put, unique
from hearthub.db import IntegrityError
from hearthub.errors import Unavailable
from hearthub.web.markdown import render_card
from hearthub.web.rendering import guarded
from hearthub.web.visitor import Visit
from live import LiveHub

CARD = b"""---
license: mit
tags: ["<b>bold</b>", "x\\" onmouseover=\\"alert(1)"]
---
# My *model*

<script>alert(1)</script><style>body{display:none}</style>
<img src=x onerror=alert(2)> <a href="javascript:alert(3)">a</a> <a href="JaVaScRiPt:alert(4)">b</a>
<svg onload=alert(5)><iframe src="https://evil.example"></iframe><form action="/x"><input></form>
<p style="position:fixed" onclick="alert(6)">text</p> <object data="x"></object><base href="//evil">

[link](javascript:alert(7)) ![logo](images/logo.png) [guide](./docs/a.md) [up](../../../api/x)
<a href="data:text/html,x">c</a> <meta http-equiv="refresh" content="0;url=//evil">

| a | b |
|---|---|
| 1 | 2 |
"""


@pytest.fixture(scope="module")
def page(alice: httpx.Client, anyone: httpx.Client) -> tuple[str, str]:
    """A repo with that card, and the HTML of its page."""
    repo = new_repo(alice)
    commit(alice, repo, put("README.md", CARD), put("a <b>&.txt"), put("dir/x"))
    answer = anyone.get(f"/{repo}")
    assert answer.status_code == 200
    return repo, answer.text


@pytest.mark.parametrize("path", ["/", "/{repo}", "/nobody/nothing", "/{repo}-none"])
def test_every_page(anyone: httpx.Client, page: tuple[str, str], path: str) -> None:
    answer = anyone.get(path.format(repo=page[0]))
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"].split("; ")
    assert policy[0] == "default-src 'none'"
    assert {"base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"} <= set(policy)
    scripts = [it for it in policy if "script" in it]
    assert scripts in ([], ["script-src 'self'"])
    assert not re.search("unsafe|http", " ".join(policy))
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in answer.headers
    assert not re.search(r"<style|<\w[^<>]*\s(on\w+|style)=", answer.text)
    for script in re.findall(r"<script.*?</script>", answer.text, re.DOTALL):
        assert re.fullmatch(r'<script type="module" src="/static/\w+\.js"></script>', script)
    assert "not affiliated with Hugging Face" in answer.text
    assert re.search(r'<html lang="en">', answer.text)


def test_a_site_that_opened_a_page_loses_it(people: LiveHub, alice_browser: Browser) -> None:
    """It would count the frames of what it cannot read: a space of hers has one, a page that says
    that there is none has none."""
    for path in ("/", "/nobody/nothing", "/settings/tokens", "/login"):
        policy = alice_browser.get(path).headers["cross-origin-opener-policy"]
        assert policy == "same-origin", path


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_is_saved_tells_no_other_site(
    people: LiveHub, alice_browser: Browser, site: str
) -> None:
    """A window that another site opened stays empty where a file is saved, and not where a page
    says that there is none."""
    with people.client("alice") as alice:
        repo = new_repo(alice, private=True)
        commit(alice, repo, put("m.bin", b"\0"), put("README.md", b"# x\n"))
    people.settle()
    for path in (f"/{repo}/content/main/m.bin", f"/compare?ids={repo}&format=csv"):
        led = alice_browser.get(path, headers={"Sec-Fetch-Site": site})
        assert "content-disposition" not in led.headers, path
        assert led.status_code == 403
        assert f'href="{html.escape(path)}"' in led.text  # from here she may
        for own in ("same-origin", "none"):
            saved = alice_browser.get(path, headers={"Sec-Fetch-Site": own})
            assert saved.headers["content-disposition"].startswith("attachment"), path


BUSY = sqlite3.OperationalError("database is locked")
BUSY.sqlite_errorcode = sqlite3.SQLITE_BUSY


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (OSError(errno.ENOSPC, "full"), 507),
        (OperationalError("x", None, BUSY), 503),
        (IntegrityError("x", None, Exception()), 409),
    ],
)
def test_what_the_disk_refuses_is_a_page(error: Exception, status: int) -> None:
    def view(_request: Request) -> Response:
        raise error

    scope = {"type": "http", "method": "POST", "path": "/x", "query_string": b"", "headers": []}
    more = {"server": ("x", 80), "scheme": "http", "path_params": {}, "hearthub.visit": Visit()}
    answer = guarded(view, Request(scope | more))
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")


def test_no_other_host(anyone: httpx.Client, page: tuple[str, str]) -> None:
    for text in (anyone.get("/").text, page[1]):
        sources = re.findall(r'(?:src|<link[^>]+href)="([^"]+)"', text)
        assert sources
        for source in sources:
            assert source.startswith(("/", str(anyone.base_url))), source
            assert not source.startswith("//")
    for asset in ("hearthub.css", "icon.svg"):
        content = anyone.get(f"/static/{asset}")
        assert content.status_code == 200
        assert "url(http" not in content.text
    assert anyone.get("/static/..%2Fpages.py").status_code == 404


def test_links_of_pages_lead_somewhere(anyone: httpx.Client, page: tuple[str, str]) -> None:
    tree = anyone.get(f"/{page[0]}/tree/main").text
    for text in (anyone.get("/").text, page[1], tree):
        files = [link for link in re.findall(r'href="([^"#]+)"', text) if "/resolve/" in link]
        assert files or text != tree
        for link in files:
            assert anyone.get(html.unescape(link)).status_code == 200, link


class TestCards:
    def test_nothing_of_it_runs(self, page: tuple[str, str]) -> None:
        card = page[1].partition("<article")[2].partition("</article>")[0]
        assert '<h1 id="card-my-model">My <em>model</em></h1>' in card
        assert '<table tabindex="0">' in card
        for bad in ("script", "alert(", "onerror", "onclick", "onload", "style", "iframe", "<form"):
            assert bad not in card.lower().replace("[link](javascript:alert(7))", ""), bad
        for bad in ("<svg", "<object", "<base", "<meta", "<input", "data:text"):
            assert bad not in card.lower(), bad

    def test_relative_links_lead_into_the_repo(self, page: tuple[str, str]) -> None:
        repo, text = page
        assert f'src="/{repo}/resolve/main/images/logo.png"' in text
        assert f'href="/{repo}/blob/main/docs/a.md"' in text

    def test_tags_and_file_names_are_text(
        self, anyone: httpx.Client, page: tuple[str, str]
    ) -> None:
        files = anyone.get(f"/{page[0]}/tree/main").text
        for text in (page[1], files):
            assert "<b>bold</b>" not in text
            assert "<b>&.txt" not in text
        assert "a &lt;b&gt;&amp;.txt" in files

    @pytest.mark.parametrize(
        "card", [b"", b"---\n: [\n---\n# Hi", b"\xff\xfe", b"---\n", b"[" * 20_000, b"> " * 5000]
    )
    def test_odd_ones_do_not_break_the_page(
        self, alice: httpx.Client, anyone: httpx.Client, card: bytes
    ) -> None:
        repo = new_repo(alice)
        commit(alice, repo, put("README.md", card))
        assert anyone.get(f"/{repo}").status_code == 200
        assert anyone.get(f"/api/models/{repo}").status_code == 200


QUADRATIC = "".join(f"<b a={i}>" for i in range(2000)) + "<p>x" * 8000


@pytest.mark.parametrize(
    "card",
    ["<div>" * 60_000, "> " * 50 + "a\n" * 50_000, "![" * 50_000, "<p>" + QUADRATIC],
    ids=["deep", "lazy", "brackets", "formatting"],
)
def test_a_card_made_to_be_slow_is_tried_once(
    alice: httpx.Client, anyone: httpx.Client, card: str
) -> None:
    repo = new_repo(alice)
    commit(alice, repo, put("README.md", card.encode()))
    first, second = (anyone.get(f"/{repo}", timeout=30) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert len(first.content) < 4_000_000
    assert second.elapsed.total_seconds() < 1


def test_html_has_a_limit() -> None:
    with pytest.raises(Unavailable):
        render_card("<p>" + QUADRATIC[:14_000] + "<p>x" * 2000, "/a/b/resolve/main/")


def test_a_long_card_says_where_the_rest_is(alice: httpx.Client, anyone: httpx.Client) -> None:
    repo = new_repo(alice)
    commit(alice, repo, put("README.md", b"word\n\n" * 20_000))
    page = anyone.get(f"/{repo}").text
    assert "The card is longer" in page
    assert f'href="/{repo}/resolve/main/README.md"' in page


def test_rows_of_lists_have_few_siblings(
    hub: LiveHub, alice: httpx.Client, anyone: httpx.Client
) -> None:
    repo = new_repo(alice)
    commit(alice, repo, *(put(f"{number}.txt") for number in range(1010)))
    hub.settle()
    name = repo.partition("/")[2]
    for query in ("full=true", "expand=siblings"):
        rows = anyone.get(f"/api/models?search={name}&{query}").json()
        assert [len(row["siblings"]) for row in rows] == [1000]
    assert len(anyone.get(f"/api/models/{repo}").json()["siblings"]) == 1011


class TestPrivate:
    SECRET = b"# the-secret-card"

    def make(self, client: httpx.Client, kind: str = "model", **more: object) -> str:
        repo = new_repo(client, unique("hush"), type=kind, **more)
        commit(client, repo, put("README.md", self.SECRET), kind=f"{kind}s")
        return repo

    def test_neither_listed_nor_shown(self, alice: httpx.Client, anyone: httpx.Client) -> None:
        repo = self.make(alice, visibility="private")
        assert repo not in anyone.get("/").text
        for client in (anyone, alice):
            hidden = client.get(f"/{repo}")
            assert hidden.status_code == 404
            assert "secret" not in hidden.text
        missing = anyone.get(f"/{repo}-none")
        assert anyone.get(f"/{repo}").text == missing.text

    def test_files_of_gated_repos(self, alice: httpx.Client, anyone: httpx.Client) -> None:
        repo = self.make(alice)
        alice.put(f"/api/models/{repo}/settings", json={"gated": "manual"})
        shown = anyone.get(f"/{repo}")
        assert shown.status_code == 200
        assert "the-secret-card" not in shown.text

    def test_files_of_protected_spaces(self, alice: httpx.Client, anyone: httpx.Client) -> None:
        repo = self.make(alice, "space", sdk="static", visibility="protected")
        shown = anyone.get(f"/spaces/{repo}")
        assert shown.status_code == 200
        assert "the-secret-card" not in shown.text


def test_a_missing_page_says_what_to_do(anyone: httpx.Client) -> None:
    for path in ("/nobody/nothing", "/datasets/nobody/nothing"):
        answer = anyone.get(path)
        assert answer.status_code == 404
        assert "private" in answer.text
        assert 'href="/"' in answer.text


@pytest.mark.parametrize("kind", ["dataset", "space", "kernel"])
def test_other_kinds_have_their_own_place(
    alice: httpx.Client, anyone: httpx.Client, kind: str
) -> None:
    repo = new_repo(alice, type=kind)
    assert f"--repo-type {kind}" in anyone.get(f"/{kind}s/{repo}").text
    assert anyone.get(f"/{repo}").status_code == 404


def test_an_empty_repo(alice: httpx.Client, anyone: httpx.Client) -> None:
    repo = new_repo(alice)
    commit(alice, repo, delete(".gitattributes"))
    assert "add a README.md" in anyone.get(f"/{repo}").text


def test_a_moved_repo(alice: httpx.Client, anyone: httpx.Client) -> None:
    old, new = new_repo(alice), f"alice/{unique('moved')}"
    alice.post("/api/repos/move", json={"fromRepo": old, "toRepo": new})
    answer = anyone.get(f"/{old}")
    assert (answer.status_code, answer.headers["location"]) == (307, f"/{new}")
