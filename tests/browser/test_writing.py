"""The write side in Chromium: journeys of people, and what axe says of each of its pages."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from browser.looking import run, wrong_with
from browsing import PASSWORD, give_passwords
from calls import commit, new_repo, post_commit, put
from live import LiveHub, live_hub

pytestmark = pytest.mark.browser
TALK = [
    "/alice/carded/discussions",
    "/alice/carded/discussions/1",
    "/alice/carded/discussions/2",
    "/alice/carded/discussions/2/files",
]
OWN = [
    *TALK,
    "/alice/carded/discussions/new",
    "/",
    "/alice",
    "/alice/carded",
    "/settings/profile",
    "/settings/tokens",
    "/settings/hardware",
    "/settings/sessions",
    "/settings/feed",
    "/settings/feed#made",
    "/settings/webhooks",
    "/settings/webhooks/{webhook}",
    "/settings/webhooks/{webhook}/deliveries/{delivery}",
    "/settings/audit-log",
    "/organizations/acme/audit-log",
    "/organizations/acme/settings",
    "/organizations/new",
    "/oauth/device",
    "/oauth/device?user_code={code}",
    "/collections",
    "/collections/new",
    "/collections/{shelf}",
    "/collections/{shelf}/edit",
    "/acme",
    "/alice/gated/settings/access",
    "/new",
    "/new-dataset",
    "/new-space",
    "/alice/carded/settings",
    "/alice/carded/edit/main/README.md",
    "/alice/carded/upload/main",
    "/alice/carded#menu",
]
ACTS = {
    "/alice/carded#menu": {"open": "details.account"},
    "/settings/feed#made": {"press": "^Make an? "},
}
OUTSIDE = ["/login", "/signup", "/alice", "/acme", "/nobody", *TALK]
VISITOR = ["/alice/gated", "/alice", "/collections/{shelf}"]
ADMIN = ["/admin/users", "/admin/jobs", "/admin/storage", "/admin/audit-log"]
PIECE = 8 * 2**20


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    with live_hub(
        tmp_path_factory.mktemp("writing"), sign_up="open", webhook_networks="127.0.0.1"
    ) as running:
        give_passwords(running.data, "alice", "bob", "charlie", "root")
        with running.client("alice") as alice:
            for name in ("carded", "dropped", "resumed", "shelved", "owned"):
                new_repo(alice, name)
            card = b"---\nlicense: mit\n---\n# Carded\n\nText.\n"
            commit(alice, "alice/carded", put("README.md", card))
            talk_about(running, "alice/carded")
            gate(running, alice)
        yield running


def talk_about(hub: LiveHub, repo: str) -> None:
    """A discussion with all that one shows, and a pull request that cannot be merged."""
    url = f"/api/models/{repo}/discussions"
    text = "# Which?\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```py\nx = 1\n```\n\n" + "wide" * 60
    with hub.client("charlie") as charlie, hub.client("alice") as alice:
        charlie.post(url, json={"title": "Which licence? " + "long" * 40, "description": text})
        for client, said in ((alice, "# Which?\n\nMIT."), (charlie, "> MIT.\n\nThanks.")):
            client.post(f"{url}/1/comment", json={"comment": said}).raise_for_status()
        said = alice.post(f"{url}/1/comment", json={"comment": "x"}).json()["newMessage"]["id"]
        alice.post(f"{url}/1/comment/{said}/hide").raise_for_status()
        alice.post(f"{url}/1/title", json={"title": "Which licence?"}).raise_for_status()
        alice.post(f"{url}/1/status", json={"status": "closed"}).raise_for_status()
        card = b"---\nlicense: mit\n---\n# Carded\n\n"
        proposed = put("README.md", card + b"Better.\n")
        post_commit(charlie, repo, proposed, rev="main?create_pr=1").raise_for_status()
        commit(alice, repo, put("README.md", card + b"Text, and more.\n"))


def gate(hub: LiveHub, alice: httpx.Client) -> None:
    """A gated repo whose form has each kind of question, and a request of bob's for it."""
    new_repo(alice, "gated")
    choice = "A choice: {type: select, options: [x]}"
    asked = f"A text: text, I agree: checkbox, A day: date_picker, {choice}"
    card = f"---\nextra_gated_prompt: Some words.\nextra_gated_fields: {{{asked}}}\n---\n# Gated\n"
    commit(alice, "alice/gated", put("README.md", card.encode()))
    alice.put("/api/models/alice/gated/settings", json={"gated": "manual"})
    said = {"A text": "words", "I agree": True, "A day": "2000-01-01", "A choice": "x"}
    with hub.client("bob") as bob:
        assert bob.post("/alice/gated/ask-access", json=said).status_code == 200
    hub.settle()


@pytest.fixture(scope="module")
def places(hub: LiveHub) -> dict[str, str]:
    """What addresses hold that only the hub makes."""
    hook = {"url": "http://127.0.0.1:9/", "watched": [{"type": "user", "name": "alice"}]}
    with hub.client("alice") as alice:
        webhook = alice.post("/api/settings/webhooks", json=hook).json()["webhook"]["id"]
        shelf = alice.post("/api/collections", json={"title": "Some things"}).json()["slug"]
        for kind, name in (("model", "alice/carded"), ("paper", "2311.12983")):
            thing = {"item": {"type": kind, "id": name}, "note": "A note"}
            assert alice.post(f"/api/collections/{shelf}/items", json=thing).status_code == 200
        code = alice.post("/oauth/device", data={"client_id": "x"}).json()["user_code"]
        commit(alice, "alice/carded", put("watched.txt"))
        deadline, log = time.monotonic() + 20, f"/api/settings/webhooks/{webhook}/deliveries"
        while not (sent := alice.get(log).json()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
    return {"webhook": webhook, "shelf": shelf, "code": code, "delivery": sent[0]["id"]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    (folder / "a.txt").write_text("one\n")
    (folder / "b.txt").write_text("two\n")
    (folder / "large.bin").write_bytes(os.urandom(3 * PIECE + 1000))
    (folder / "shelf" / "deep").mkdir(parents=True)
    (folder / "shelf" / "one.txt").write_text("one\n")
    (folder / "shelf" / "deep" / "two.txt").write_text("two\n")
    (folder / "shelf" / "deep" / "much.bin").write_bytes(os.urandom(PIECE + 1000))
    return folder


def journey(name: str, hub: LiveHub, folder: Path) -> dict[str, Any]:
    seen: dict[str, Any] = run("journeys.py", {"url": hub.url, "folder": str(folder)}, name)
    return seen


def test_what_axe_and_the_browser_say_to_strangers(hub: LiveHub) -> None:
    wrong = wrong_with(hub.url, OUTSIDE)
    # A page that is missing is said to be so by the browser, too.
    assert {
        name: said for name, said in wrong.items()
        if not (name.endswith("/nobody") and all("404" in it for it in said))
    } == {}  # fmt: skip


def test_to_whoever_is_logged_in(hub: LiveHub, places: dict[str, str]) -> None:
    pages = [page.format(**places) for page in OWN]
    assert wrong_with(hub.url, pages, log_in=("alice", PASSWORD), acts=ACTS) == {}


def test_to_a_visitor(hub: LiveHub, places: dict[str, str]) -> None:
    pages = [page.format(**places) for page in VISITOR]
    assert wrong_with(hub.url, pages, log_in=("charlie", PASSWORD)) == {}


def test_to_administrators(hub: LiveHub) -> None:
    assert wrong_with(hub.url, ADMIN, log_in=("root", PASSWORD)) == {}


def test_a_newcomer(hub: LiveHub, folder: Path) -> None:
    """Without JavaScript, from the sign-up to a token that works."""
    seen = journey("newcomer", hub, folder)
    assert seen["after"].startswith(f"{hub.url}/login?next=")
    assert all(cookie["httpOnly"] for cookie in seen["cookies"])
    with hub.client(token=seen["token"]) as nina:
        assert nina.get("/api/whoami-v2").json()["name"] == "nina"
        assert nina.get("/nina/first/resolve/main/docs/b.txt").text == "two\n"
        assert "What *I* made." in nina.get("/nina/first/resolve/main/README.md").text


def test_dropped_over_a_broken_connection(hub: LiveHub, folder: Path) -> None:
    seen = journey("dropping", hub, folder)
    assert seen["broken"] >= 2
    with hub.client("alice") as alice:
        data = (folder / "large.bin").read_bytes()
        assert alice.get("/alice/dropped/resolve/main/large.bin").content == data
        assert alice.get("/alice/dropped/resolve/main/a.txt").text == "one\n"
        commits = alice.get("/api/models/alice/dropped/commits/main").json()
        assert [it["title"] for it in commits] == ["Upload files", "initial commit"]


def test_a_folder_dropped_over_a_broken_connection(hub: LiveHub, folder: Path) -> None:
    assert journey("shelving", hub, folder)["broken"]
    with hub.client("alice") as alice:
        for path in ("one.txt", "deep/two.txt", "deep/much.bin"):
            data = (folder / "shelf" / path).read_bytes()
            assert alice.get(f"/alice/shelved/resolve/main/shelf/{path}").content == data


def test_resumed_after_the_page_was_left(hub: LiveHub, folder: Path) -> None:
    seen = journey("resumed", hub, folder)
    assert seen["first"] == [0]
    assert seen["second"] == [PIECE, 2 * PIECE, 3 * PIECE]
    with hub.client("alice") as alice:
        data = (folder / "large.bin").read_bytes()
        assert alice.get("/alice/resumed/resolve/main/large.bin").content == data


def test_an_administrator(hub: LiveHub, folder: Path) -> None:
    seen = journey("administrator", hub, folder)
    assert seen == {"thrown_out": f"{hub.url}/login?next=%2Fsettings%2Fprofile", "charlie": 404}


def test_an_owner(hub: LiveHub, folder: Path) -> None:
    seen = journey("owner", hub, folder)
    assert seen["seen"] == [200, 404, 200, 404]
    assert "Its owner decides who may read the files." in seen["gated"]
