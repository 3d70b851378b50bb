"""Who sees what of a repo's files: no more than the API tells them."""

import hashlib
import os
import re
from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest

from browsing import Browser
from calls import commit, new_repo, put, put_lfs, unique, upload_lfs, xet_token
from live import LiveHub
from storage.xet_writer import pack_file, whole_file

SECRET = b"the_secret_word = 1\n"
PAGES = [
    "tree/main", "tree/main/sub", "blob/main/secret.py", "blob/main/secret.csv",
    "blob/main/pic.png", "blob/main/sub/README.md", "blob/main/m.gguf", "commits/main",
    "commits/main/secret.py", "commit/main", "compare/main..main", "branches",
    "content/main/secret.py",
]  # fmt: skip
FILES = ["secret.py", "secret.csv", "pic.png", "sub/README.md", "m.gguf"]


@pytest.fixture(scope="module")
def owner(people: LiveHub) -> Iterator[httpx.Client]:
    with people.client("alice") as client:
        yield client


def make(owner: httpx.Client, **more: object) -> str:
    repo = new_repo(owner, unique("shut"), **more)
    kind = f"{more.get('type', 'model')}s"
    commit(owner, repo, *(put(path, SECRET) for path in FILES), kind=kind, summary="secret title")
    return repo


def plain(text: str, repo: str) -> str:
    """Without what differs in any two pages: its own name, and the token of its forms."""
    return re.sub(r'value="[\w=-]{80,}"', "", text).replace(quote(repo, safe=""), "")


@pytest.mark.parametrize("page", PAGES)
def test_private(
    stranger: Browser, charlie_browser: Browser, alice_browser: Browser, owner: httpx.Client,
    page: str,
) -> None:  # fmt: skip
    repo = make(owner, private=True)
    for outsider in (stranger, charlie_browser):
        hidden, missing = (outsider.get(f"/{it}/{page}") for it in (repo, f"{repo}-none"))
        assert hidden.status_code == missing.status_code == 404
        for text in (hidden.text, missing.text):
            assert "the_secret" not in text
            assert "secret title" not in text
        assert plain(hidden.text, repo) == plain(missing.text, f"{repo}-none")
    assert alice_browser.get(f"/{repo}/{page}").status_code == 200
    with_token = owner.get(f"/{repo}/{page}")
    assert with_token.status_code == 404  # pages know no tokens


@pytest.mark.parametrize("settings", ["gated", "protected"])
def test_what_is_there_but_not_what_is_in_it(
    stranger: Browser, charlie_browser: Browser, alice_browser: Browser, owner: httpx.Client,
    settings: str,
) -> None:  # fmt: skip
    if settings == "gated":
        repo = make(owner)
        owner.put(f"/api/models/{repo}/settings", json={"gated": "manual"})
        root = f"/{repo}"
    else:
        repo = make(owner, type="space", sdk="static", visibility="protected")
        root = f"/spaces/{repo}"
    for outsider in (stranger, charlie_browser):
        for page in PAGES:
            answer = outsider.get(f"{root}/{page}")
            assert "the_secret" not in answer.text, page
            assert answer.status_code == (403 if page.startswith("content") else 200), page
            assert "/resolve/" not in answer.text
            assert f"{root}/content/" not in answer.text
        assert "secret.py" in outsider.get(f"{root}/tree/main").text
        assert "restricted" in outsider.get(f"{root}/blob/main/secret.py").text
        assert "secret title" in outsider.get(f"{root}/commits/main").text
    for page in ("blob/main/secret.py", "commit/main"):
        assert "the_secret" in alice_browser.get(f"{root}/{page}").text


class TestContent:
    """Bytes for whoever is logged in."""

    def test_of_a_private_repo(self, alice_browser: Browser, owner: httpx.Client) -> None:
        repo = make(owner, private=True)
        page = alice_browser.get(f"/{repo}/blob/main/pic.png").text
        assert f'src="/{repo}/content/main/pic.png"' in page
        answer = alice_browser.get(f"/{repo}/content/main/secret.py")
        assert answer.content == SECRET
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "no-store" in answer.headers["cache-control"]
        part = alice_browser.get(f"/{repo}/content/main/pic.png", headers={"Range": "bytes=4-9"})
        assert (part.status_code, part.content) == (206, SECRET[4:10])
        raw = alice_browser.get(f"/{repo}/content/main/secret.py?raw=true")
        assert raw.headers["content-disposition"] == "inline"
        assert alice_browser.get(f"/{repo}/content/main/none").status_code == 404
        assert alice_browser.get(f"/{repo}/content/main/sub").status_code == 404

    def test_a_page_of_a_stranger_is_no_page(
        self, alice_browser: Browser, owner: httpx.Client
    ) -> None:
        repo = make(owner, private=True)
        commit(owner, repo, put("x.html", b"<script>alert(1)</script>"), put("x.svg", b"<svg/>"))
        page = alice_browser.get(f"/{repo}/content/main/x.html")
        assert page.headers["content-type"].startswith("text/plain")
        picture = alice_browser.get(f"/{repo}/content/main/x.svg")
        assert picture.headers["content-disposition"].startswith("attachment")
        assert "sandbox" in picture.headers["content-security-policy"]

    def test_the_settings_are_for_those_who_may(
        self, alice_browser: Browser, charlie_browser: Browser, owner: httpx.Client
    ) -> None:
        repo = make(owner)
        assert f"/{repo}/settings" in alice_browser.get(f"/{repo}/tree/main").text
        assert f"/{repo}/settings" not in charlie_browser.get(f"/{repo}/tree/main").text


def test_its_heading_says_who_may_see_it(
    stranger: Browser, alice_browser: Browser, owner: httpx.Client
) -> None:
    shut, gated, free = make(owner, private=True), make(owner), make(owner)
    owner.put(f"/api/models/{gated}/settings", json={"gated": "auto"})
    for page in ("", "/tree/main", "/commits/main", "/blob/main/secret.py"):
        assert label(alice_browser, f"/{shut}{page}") == ["Private"]
        assert label(stranger, f"/{gated}{page}") == ["Gated"]
        assert label(stranger, f"/{free}{page}") == []


def label(browser: httpx.Client, path: str) -> list[str]:
    heading = re.search(r"<h1>.*?</h1>", browser.get(path).text, re.DOTALL)
    assert heading
    return re.findall(r'<span class="label">(\w+)</span>', heading[0])


def test_where_a_large_file_is_kept(stranger: Browser, owner: httpx.Client) -> None:
    """By Git LFS, and by Xet, whose hash is another."""
    repo = new_repo(owner, unique("large"))
    data = os.urandom(70_000)
    access, [xorb] = xet_token(owner, repo), pack_file(data)
    for path, body in (
        (f"/v1/xorbs/default/{xorb.hash}", xorb.body),
        ("/v1/shards", whole_file([xorb]).encode()),
    ):
        sent = httpx.post(access["url"] + path, content=body, headers=access["headers"])
        assert sent.status_code == 200, sent.text
    xet, lfs = hashlib.sha256(data).hexdigest(), upload_lfs(owner, repo, os.urandom(1000))
    commit(owner, repo, put_lfs("xet.dat", xet, len(data)), put_lfs("lfs.dat", lfs, 1000))
    [told] = [
        it for it in owner.get(f"/api/models/{repo}/tree/main").json() if it["path"] == "xet.dat"
    ]
    page = stranger.get(f"/{repo}/blob/main/xet.dat").text
    for words in (
        f"<dt>SHA-256</dt><dd><code>{xet}</code>",
        f"<dt>Xet hash</dt><dd><code>{told['xetHash']}</code>",
        "<dt>Size</dt><dd>70,000 bytes",
        f"<dt>Git object</dt><dd><code>{told['oid']}</code>",
    ):
        assert words in page
    page = stranger.get(f"/{repo}/blob/main/lfs.dat").text
    assert f"<dt>SHA-256</dt><dd><code>{lfs}</code>" in page
    assert "Xet hash" not in page
