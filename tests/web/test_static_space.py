"""Static spaces are served from an origin of nobody, to nobody in particular."""

import re
from pathlib import Path

import httpx
import pytest

from browsing import Browser
from calls import commit, new_repo, put, unique
from hearthub.app import open_hub
from hearthub.settings import Settings
from hearthub.web.static_space import space_frame
from hearthub.web.visitor import Visit
from live import LiveHub

INDEX = b"<!doctype html><title>x</title><script src=app.js></script>"


def space(client: httpx.Client, *more: dict[str, object], **settings: object) -> str:
    repo = new_repo(client, unique("space"), **{"type": "space", "sdk": "static", **settings})
    commit(client, repo, put("index.html", INDEX), put("app.js", b"1"), *more, kind="spaces")
    return repo


def test_served(alice: httpx.Client, anyone: httpx.Client) -> None:
    files = {"a/index.html": b"below", "style.css": b"x{}", "m.wasm": b"\0asm", "d.json": b"{}"}
    repo = space(alice, *(put(path, data) for path, data in files.items()))
    root = f"/spaces/{repo}/static"
    kinds = {
        "": "text/html",
        "index.html": "text/html",
        "a/": "text/html",
        "app.js": "text/javascript",
        "style.css": "text/css",
        "m.wasm": "application/wasm",
        "d.json": "application/json",
    }
    for path, kind in kinds.items():
        answer = anyone.get(f"{root}/{path}")
        assert answer.status_code == 200, path
        assert answer.headers["content-type"].partition(";")[0] == kind
        policy = answer.headers["content-security-policy"].split("; ")
        assert policy[0] == "sandbox allow-scripts"
        assert "frame-ancestors 'self'" in policy
        assert "same-origin" not in policy[0]
        assert not any("http" in rule or "*" in rule for rule in policy)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in answer.headers
    assert anyone.get(f"{root}/").content == INDEX
    for path in ("none.js", "a", "..%2Fx", "%ff"):
        assert anyone.get(f"{root}/{path}").status_code in (404, 422)


def test_the_app_file_of_the_card(alice: httpx.Client, anyone: httpx.Client) -> None:
    for named, served in (("other.html", b"other"), ("../x.html", INDEX), ("app.js", INDEX)):
        card = f"---\nsdk: static\napp_file: {named}\n---\n".encode()
        repo = space(alice, put("README.md", card), put("other.html", b"other"))
        assert anyone.get(f"/spaces/{repo}/static/").content == served


@pytest.mark.parametrize("settings", [{"private": True}, {"sdk": "gradio"}])
def test_others_are_not_served(
    alice: httpx.Client, anyone: httpx.Client, settings: dict[str, object]
) -> None:
    repo = space(alice, **settings)
    for client in (anyone, alice):  # whose token says nothing here
        assert client.get(f"/spaces/{repo}/static/").status_code in (401, 403, 404)


def test_gated_ones_neither(alice: httpx.Client, anyone: httpx.Client) -> None:
    repo = space(alice)
    alice.put(f"/api/spaces/{repo}/settings", json={"gated": "auto"})
    assert anyone.get(f"/spaces/{repo}/static/").status_code in (401, 403)


def test_a_protected_one_runs_for_everybody(alice: httpx.Client, anyone: httpx.Client) -> None:
    repo = space(alice, visibility="protected")
    assert anyone.get(f"/spaces/{repo}/static/app.js").content == b"1"
    assert anyone.get(f"/spaces/{repo}/resolve/main/app.js").status_code in (401, 403)


def test_a_session_is_not_looked_at(people: LiveHub, alice_browser: Browser) -> None:
    with people.client("alice") as alice:
        shut, free = space(alice, private=True), space(alice)
    assert alice_browser.get(f"/spaces/{shut}/static/").status_code in (401, 403, 404)
    answer = alice_browser.get(f"/spaces/{free}/static/")
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers


def test_its_page_has_it_in_a_frame(alice: httpx.Client, anyone: httpx.Client) -> None:
    repo = space(alice)
    answer = anyone.get(f"/spaces/{repo}")
    frames = re.findall("<iframe[^>]*>", answer.text)
    assert len(frames) == 1
    assert f'src="/spaces/{repo}/static/"' in frames[0]
    assert 'sandbox="allow-scripts"' in frames[0]
    assert "frame-src 'self'" in answer.headers["content-security-policy"].split("; ")
    other = anyone.get(f"/spaces/{new_repo(alice, type='space', sdk='gradio')}")
    assert "<iframe" not in other.text
    assert "frame-src" not in other.headers["content-security-policy"]


def test_where_its_page_finds_it(hub: LiveHub, alice: httpx.Client) -> None:
    repo, empty = space(alice), new_repo(alice, type="space", sdk="static")
    with open_hub(Settings(data=Path(hub.data))) as parts:
        for name, frame in ((repo, f"/spaces/{repo}/static/"), (empty, None)):
            found = parts.registry.repo(parts.accounts.actor("alice"), "space", name)
            assert space_frame(parts, found, parts.registry.head(found), Visit()) == frame


def test_a_visit_without_a_frame_leads_to_the_page(
    alice: httpx.Client, anyone: httpx.Client
) -> None:
    """A page of a stranger with nothing but this hub's name above it could ask for passwords."""
    repo = space(alice)
    for path in ("", "index.html"):
        answer = anyone.get(f"/spaces/{repo}/static/{path}", headers={"Sec-Fetch-Dest": "document"})
        assert answer.status_code == 303
        assert answer.headers["location"] == f"/spaces/{repo}"
        assert INDEX not in answer.content
    framed = anyone.get(f"/spaces/{repo}/static/", headers={"Sec-Fetch-Dest": "iframe"})
    assert framed.content == INDEX


def test_no_page_of_ours_runs_it(alice: httpx.Client, anyone: httpx.Client) -> None:
    """Their policy lets in what is of this host; what a space itself asks for is of no origin."""
    repo = space(alice, put("style.css", b"x{}"))
    for path, dest in (("app.js", "script"), ("app.js", "serviceworker"), ("style.css", "style")):
        ours = {"Sec-Fetch-Dest": dest, "Sec-Fetch-Site": "same-origin"}
        assert anyone.get(f"/spaces/{repo}/static/{path}", headers=ours).status_code == 403
        its_own = ours | {"Sec-Fetch-Site": "cross-site"}
        assert anyone.get(f"/spaces/{repo}/static/{path}", headers=its_own).status_code == 200
