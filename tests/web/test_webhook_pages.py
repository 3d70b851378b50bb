"""Webhooks made, changed, switched and deleted by their owner in a browser, and their log."""

import time
from collections.abc import Iterator

import pytest

from browsing import Browser, give_passwords, logged_in
from calls import commit, new_repo, put
from community.listener import Listener, listening
from live import LiveHub, live_hub

HOSTILE = '"><script>alert(1)</script>'
ALL = "/settings/webhooks"
SECRET = "not to be shown"
BOTH = ["repo", "discussion"]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    with live_hub(tmp_path_factory.mktemp("hooks"), webhook_networks="127.0.0.1") as running:
        give_passwords(running.data, "alice", "bob")
        yield running


@pytest.fixture
def alice(hub: LiveHub) -> Iterator[Browser]:
    with logged_in(hub, "alice") as browser:
        yield browser


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as found:
        yield found


def make(browser: Browser, url: str, watched: str = "alice", **more: object) -> str:
    """The address of its page."""
    form = {"url": url, "watched": watched, "domains": BOTH, "secret": SECRET} | more
    answer = browser.submit(ALL, **form)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("?")[0]


def sent(browser: Browser, page: str, state: str = "done") -> str:
    """The page once something was sent."""
    deadline = time.monotonic() + 20
    while f"<td>{state}</td>" not in (text := browser.get(page).text):
        assert time.monotonic() < deadline, text
        time.sleep(0.05)
    return text


def test_made_and_changed(hub: LiveHub, alice: Browser) -> None:
    with hub.client("alice") as client:
        model, texts = new_repo(client), new_repo(client, type="dataset")
    page = make(alice, "http://127.0.0.1:9/a", f"alice\n {model}\ndatasets/{texts}\n\nacme")
    text = alice.get(page).text
    assert f"acme\n{model}\ndatasets/{texts}" in text
    assert page in alice.get(ALL).text
    changed = {"url": "http://127.0.0.1:9/b?x=%22%3E", "watched": "bob", "domains": ["repo"]}
    assert alice.submit(page, **changed).status_code == 303
    text = alice.get(page).text
    assert "127.0.0.1:9/b" in text
    assert 'value="discussion">' in text
    assert alice.submit(f"{page}", f"{page}/delete").headers["location"].startswith(ALL)
    assert alice.get(page).status_code == 404


def test_the_secret_is_never_shown_and_stays(
    hub: LiveHub, alice: Browser, listener: Listener
) -> None:
    page = make(alice, listener.url)
    form = {"url": listener.url, "watched": "alice", "domains": BOTH, "secret": ""}
    assert alice.submit(page, **form).status_code == 303
    for path in (page, ALL):
        assert SECRET not in alice.get(path).text
    bad = alice.submit(page, **(form | {"url": "nonsense", "secret": SECRET}))
    assert bad.status_code == 400
    assert SECRET not in bad.text
    with hub.client("alice") as client:
        new_repo(client)
    text = sent(alice, page)
    headers, _ = listener.posts[0]
    assert headers["X-Webhook-Secret"] == SECRET
    assert SECRET not in text
    alice.submit(page, f"{page}/delete")


def test_log_and_replay(hub: LiveHub, alice: Browser, listener: Listener) -> None:
    listener.answers, listener.answer = [400], HOSTILE.encode()
    with hub.client("alice") as client:
        repo = new_repo(client)
        page = make(alice, listener.url, repo)
        commit(client, repo, put("a.txt"), summary=HOSTILE)
    text = sent(alice, page, "failed")
    assert "<script" not in text
    line = next(it for it in text.split('"') if f"{page}/deliveries/" in it)
    one = alice.get(line).text
    assert "<script" not in one
    assert "&#34;&gt;&lt;script&gt;alert" in one
    assert "What was sent" in one
    assert SECRET not in one
    answer = alice.submit(line, f"{line}/replay")
    assert answer.headers["location"] == f"{page}?said=replayed"
    sent(alice, page)
    assert listener.posts[0][1]["event"] == listener.posts[-1][1]["event"]
    assert alice.submit(page, f"{page}/switch", disable="1").status_code == 303
    text = alice.get(page).text
    assert "disabled</span>" in text
    assert "/replay" not in text
    token = alice.hidden(page, f"{page}/switch")
    assert alice.post(f"{line}/replay", data=token).status_code == 409
    assert alice.submit(page, f"{page}/switch", enable="1").status_code == 303
    assert "disabled</span>" not in alice.get(page).text
    alice.submit(page, f"{page}/delete")


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"url": "http://10.0.0.1/"}, 400),
        ({"url": f"javascript:{HOSTILE}"}, 400),
        ({"watched": ""}, 400),
        ({"watched": HOSTILE}, 404),
        ({"watched": "alice/nothing"}, 404),
        ({"watched": "\n".join(["alice"] * 101)}, 400),
        ({"domains": []}, 400),
        ({"domains": [HOSTILE]}, 400),
        ({"secret": "\u00e9"}, 400),
    ],
)
def test_refused(alice: Browser, fields: dict[str, object], status: int) -> None:
    form = {"url": "http://127.0.0.1:9/", "watched": "alice", "domains": BOTH, "secret": ""}
    before = alice.get(ALL).text.count(f"{ALL}/")
    answer = alice.submit(ALL, **(form | fields))
    assert answer.status_code == status
    assert 'role="alert"' in answer.text
    assert "<script" not in answer.text
    assert alice.get(ALL).text.count(f"{ALL}/") == before


def test_to_others_there_is_none(hub: LiveHub, alice: Browser) -> None:
    page = make(alice, "http://127.0.0.1:9/")
    with logged_in(hub, "bob") as bob, Browser(hub) as stranger:
        assert bob.get(page).status_code == 404
        assert page not in bob.get(ALL).text
        own = bob.hidden("/", "/logout")
        for act in ("", "/switch", "/delete", "/deliveries/x/replay"):
            form = {"url": "http://127.0.0.1:9/bob", "watched": "bob", "domains": BOTH}
            assert bob.post(page + act, data=own | form).status_code == 404
            assert alice.post(page + act, data=form).status_code == 403
            assert stranger.post(page + act, data=form).status_code == 401
        assert stranger.get(page).status_code == 303
    text = alice.get(page).text
    assert "9/bob" not in text
    assert "disabled</span>" not in text
