"""Static spaces that not everybody may read: served by a pass in the address, to its holder."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from browsing import Browser, logged_in
from calls import commit, new_repo, put, unique
from hearthub.app import open_hub
from hearthub.http.logs import blot
from hearthub.settings import Settings
from hearthub.storage import Signer
from hearthub.web.space_pass import PURPOSE
from live import LiveHub

INDEX = b"<!doctype html><title>x</title><script src=app.js></script>"


@pytest.fixture(scope="module")
def owner(people: LiveHub) -> Iterator[httpx.Client]:
    with people.client("alice") as client:
        yield client


def space(owner: httpx.Client, *, gated: bool = False, **settings: object) -> str:
    repo = new_repo(owner, unique("held"), **{"type": "space", "sdk": "static", **settings})
    commit(owner, repo, put("index.html", INDEX), put("a/app.js", b"1"), kind="spaces")
    if gated:
        owner.put(f"/api/spaces/{repo}/settings", json={"gated": "manual"})
    return repo


def frame_of(browser: httpx.Client, repo: str) -> str | None:
    found = re.search('<iframe class="space" src="([^"]*)"', browser.get(f"/spaces/{repo}").text)
    return found.group(1) if found else None


def held(browser: httpx.Client, repo: str) -> str:
    frame = frame_of(browser, repo)
    assert frame is not None
    assert frame.startswith(f"/spaces/{repo}/pass/")
    return frame


@contextmanager
def signer_of(hub: LiveHub) -> Iterator[Signer]:
    with open_hub(Settings(data=hub.data)) as parts:
        yield parts.storage.signer


def refused(hub: LiveHub, path: str) -> bool:
    """Nothing of the space, and what is said is what is said of none."""
    with hub.client() as nobody:
        answer, missing = nobody.get(path), nobody.get("/spaces/alice/no-such/pass/x/")
    return (answer.status_code, answer.text) == (missing.status_code, missing.text)


def test_a_private_one_is_served_to_its_reader(
    people: LiveHub, owner: httpx.Client, alice_browser: Browser
) -> None:
    repo = space(owner, private=True)
    frame = held(alice_browser, repo)
    with people.client() as nobody:  # whose frame sends no cookie
        for path, kind in (("", "text/html"), ("index.html", "text/html"), ("a/app.js", "text/j")):
            answer = nobody.get(frame + path)
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith(kind)
            assert answer.headers["content-security-policy"].startswith("sandbox allow-scripts;")
            assert answer.headers["referrer-policy"] == "no-referrer"
            assert answer.headers["cache-control"] == "private, no-cache"
            assert "set-cookie" not in answer.headers
        assert nobody.get(f"{frame}none.js").status_code == 404
        alone = nobody.get(frame, headers={"Sec-Fetch-Dest": "document"})
        assert (alone.status_code, alone.headers["location"]) == (303, f"/spaces/{repo}")
    answer = alice_browser.get(f"/spaces/{repo}")
    assert answer.headers["cache-control"] == "private, no-store"
    assert "frame-src 'self'" in answer.headers["content-security-policy"].split("; ")


def test_outsiders_have_none(
    owner: httpx.Client, stranger: Browser, charlie_browser: Browser
) -> None:
    shut, gated = space(owner, private=True), space(owner, gated=True)
    for outsider in (stranger, charlie_browser):
        hidden, none = (outsider.get(f"/spaces/{it}") for it in (shut, f"{shut}-none"))
        assert hidden.status_code == none.status_code == 404
        assert "iframe" not in hidden.text
        assert frame_of(outsider, gated) is None


def test_it_opens_nothing_else(
    people: LiveHub, owner: httpx.Client, alice_browser: Browser
) -> None:
    repo, other = space(owner, private=True), space(owner, private=True)
    frame, text = held(alice_browser, repo), held(alice_browser, repo).split("/")[5]
    assert not refused(people, frame)
    assert held(alice_browser, repo) != frame  # each is used for one showing of the page
    body, _, mac = text.partition(".")
    for wrong in (
        frame.replace(repo, other),
        frame.replace(repo, f"{repo}-none"),
        f"/spaces/{repo}/pass/{body}.{'A' * len(mac)}/",
        f"/spaces/{repo}/pass/{body}x.{mac}/",
        f"/spaces/{repo}/pass/{body}/",
        f"/spaces/{repo}/pass/%3Cscript%3E/",
        f"/spaces/{repo}/pass/%FF%C3%A9.%C3%A9/",
    ):
        assert refused(people, wrong), wrong
    with people.client() as nobody:
        for path in (f"/{repo}", f"/spaces/{repo}/content/main/a/app.js"):
            assert nobody.get(path, headers={"Authorization": f"Bearer {text}"}).status_code != 200


def test_signatures_for_else_or_of_the_past(
    people: LiveHub, owner: httpx.Client, alice_browser: Browser
) -> None:
    repo = space(owner, private=True)
    text = held(alice_browser, repo).split("/")[5]
    with signer_of(people) as signer:
        claims = {k: v for k, v in signer.verify(PURPOSE, text).items() if k != "exp"}
        assert set(claims) == {"repo", "user", "session", "nonce"}
        for wrong in (signer.sign("lfs", claims, 60), signer.sign(PURPOSE, claims, -1)):
            assert refused(people, f"/spaces/{repo}/pass/{wrong}/")
        assert not refused(people, f"/spaces/{repo}/pass/{signer.sign(PURPOSE, claims, 60)}/")


def test_it_ends_with_the_log_in(people: LiveHub, owner: httpx.Client) -> None:
    repo = space(owner, private=True)
    with logged_in(people, "alice") as browser:
        frame = held(browser, repo)
        assert not refused(people, frame)
        assert browser.submit("/", "/logout").status_code == 303
        assert refused(people, frame)


def test_it_ends_with_the_rights(people: LiveHub, owner: httpx.Client) -> None:
    repo = space(owner, gated=True)
    grant = f"/api/spaces/{repo}/user-access-request"
    assert owner.post(f"{grant}/grant", json={"user": "charlie"}).status_code == 200
    with logged_in(people, "charlie") as browser, people.client() as nobody:
        frame = held(browser, repo)
        assert nobody.get(frame).content == INDEX
        owner.post(f"{grant}/handle", json={"user": "charlie", "status": "rejected"})
        assert nobody.get(frame).status_code in (401, 403)
        owner.post(f"{grant}/handle", json={"user": "charlie", "status": "accepted"})
        assert nobody.get(frame).content == INDEX
        owner.put(f"/api/spaces/{repo}/settings", json={"visibility": "private"})
        assert refused(people, frame)


def test_it_ends_with_its_reader(people: LiveHub, owner: httpx.Client) -> None:
    """Disabled, with another password, or with that one session ended from elsewhere."""
    repo, name = space(owner, gated=True), unique("reader")
    with Browser(people) as browser, Browser(people) as elsewhere:
        assert browser.submit("/signup", name=name, password="long enough").status_code == 303
        grant = f"/api/spaces/{repo}/user-access-request/grant"
        assert owner.post(grant, json={"user": name}).status_code == 200
        first = held(browser, repo)
        elsewhere.log_in(name, "long enough")
        elsewhere.submit("/settings/sessions", "/settings/sessions/end", all="1")
        with people.client() as nobody:
            assert nobody.get(first).status_code in (401, 404)
            second = held(elsewhere, repo)
            assert nobody.get(second).content == INDEX
            with open_hub(Settings(data=people.data)) as parts:
                parts.accounts.set_password(name, "another one")
            assert nobody.get(second).status_code in (401, 404)
            elsewhere.log_in(name, "another one")
            third = held(elsewhere, repo)
            with open_hub(Settings(data=people.data)) as parts:
                parts.accounts.set_disabled(name, True)
            assert nobody.get(third).status_code in (401, 404)
            with open_hub(Settings(data=people.data)) as parts:
                parts.accounts.set_disabled(name, False)
            assert refused(people, third), "a log-in that ended does not begin again"


def test_one_made_anew_under_its_name_is_another(
    people: LiveHub, owner: httpx.Client, alice_browser: Browser
) -> None:
    repo = space(owner, private=True)
    frame = held(alice_browser, repo)
    body = {"type": "space", "name": repo.split("/")[1]}
    assert owner.request("DELETE", "/api/repos/delete", json=body).status_code == 200
    assert refused(people, frame)
    again = {**body, "sdk": "static", "private": True}
    assert owner.post("/api/repos/create", json=again).status_code == 200
    commit(owner, repo, put("index.html", b"secret"), kind="spaces")
    assert refused(people, frame)


def test_it_only_reads(people: LiveHub, owner: httpx.Client, alice_browser: Browser) -> None:
    repo = space(owner, private=True)
    frame = held(alice_browser, repo)
    with people.client() as nobody:
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            assert nobody.request(method, frame).status_code in (404, 405)
        for path in ("../", "..%2f", "%2e%2e/", "../../../settings/profile", "a/../../x"):
            url = f"{people.url}{frame}{path}"
            answer = nobody.send(nobody.build_request("GET", httpx.URL(url)))
            assert answer.status_code in (401, 404, 422) or answer.content == INDEX


def test_another_kind_of_space(owner: httpx.Client, alice_browser: Browser) -> None:
    assert frame_of(alice_browser, space(owner, private=True, sdk="gradio")) is None


def test_a_space_renamed(people: LiveHub, owner: httpx.Client, alice_browser: Browser) -> None:
    repo = space(owner, private=True)
    frame, name = held(alice_browser, repo), f"alice/{unique('moved')}"
    body = {"fromRepo": repo, "toRepo": name, "type": "space"}
    assert owner.post("/api/repos/move", json=body).status_code == 200
    with people.client() as nobody:
        answer = nobody.get(frame)
        assert answer.status_code == 307
        assert nobody.get(answer.headers["location"]).content == INDEX
        hidden = nobody.get(f"/spaces/{repo}/pass/x.y/")
        assert name not in hidden.text + str(hidden.headers)


def test_logs_leave_it_out(people: LiveHub, owner: httpx.Client, alice_browser: Browser) -> None:
    repo = space(owner, private=True)
    frame = held(alice_browser, repo)
    line = f"GET {frame}a/app.js 200"
    assert blot(line) == f"GET /spaces/{repo}/pass/[secret]/a/app.js 200"
    assert frame.split("/")[5] not in (people.data / "server.log").read_text()
