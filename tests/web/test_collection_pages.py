"""Collections, following and the audit log in the browser: by whoever may, and nobody else."""

import re

import pytest

from browsing import Browser
from calls import new_repo, unique
from live import LiveHub

HOSTILE = '"><script>alert(1)</script>'
ESCAPED = "&#34;&gt;&lt;script&gt;"
FIELDS = {"title": "T", "description": "", "visibility": "public"}


def make(browser: Browser, **fields: str) -> str:
    """The address of a new collection."""
    form = {"owner": "alice", "title": unique("Things "), "visibility": "public"} | fields
    answer = browser.submit("/collections/new", **form)
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"].endswith("/edit")
    return answer.headers["location"].removesuffix("/edit")


def item(page: str, name: str) -> str:
    """The address of the form of an item."""
    found = re.search(rf">{name}</bdi></a>\s*<form[^>]*action=\"([^\"]+)\"", page)
    assert found, page
    return found[1]


def order(page: str) -> list[str]:
    return re.findall(r"<bdi>(alice/\w+)</bdi>", page)


def test_items_are_added_moved_and_removed(
    people: LiveHub, alice_browser: Browser, stranger: Browser
) -> None:
    with people.client("alice") as client:
        first, second = new_repo(client), new_repo(client, type="dataset")
    shelf = make(alice_browser)
    edit, items = f"{shelf}/edit", f"{shelf}/items"
    for name in (first, f"datasets/{second}", "papers/2311.12983"):
        answer = alice_browser.submit(edit, items, name=name, note=f"N {HOSTILE}")
        assert answer.status_code == 303, answer.text
    page = stranger.get(shelf).text
    assert order(page) == [first, second]
    assert "arXiv 2311.12983" in page
    assert "<script" not in page
    assert page.count(f"N {ESCAPED}") == 3
    assert "/edit" not in page
    text = alice_browser.get(edit).text
    assert "<script" not in text
    form = item(text, second)
    assert alice_browser.submit(edit, form, place="0", note="").status_code == 303
    page = stranger.get(shelf).text
    assert order(page) == [second, first]
    assert page.count(f"N {ESCAPED}") == 3
    assert alice_browser.submit(edit, form, note="Other words").status_code == 303
    assert "Other words" in stranger.get(shelf).text
    assert alice_browser.submit(edit, form, remove="1").status_code == 303
    assert order(stranger.get(shelf).text) == [first]
    for name, status in ((first, 409), ("alice/none", 404), (HOSTILE, 404), ("papers/x", 404)):
        answer = alice_browser.submit(edit, items, name=name)
        assert answer.status_code == status
        assert "<script" not in answer.text


def test_changed_and_deleted(alice_browser: Browser, stranger: Browser) -> None:
    shelf = make(alice_browser, title=f"A {HOSTILE}", description=f"D {HOSTILE}")
    for path in (shelf, "/alice", "/collections", "/collections?owner=alice"):
        page = stranger.get(path).text
        assert f"A {ESCAPED}" in page
        assert "<script" not in page
    edit = f"{shelf}/edit"
    answer = alice_browser.submit(edit, **(FIELDS | {"title": "New name"}))
    moved = answer.headers["location"].partition("/edit")[0]
    assert moved.startswith("/collections/alice/new-name-")
    assert stranger.get(shelf).headers["location"] == moved
    assert f"D {ESCAPED}" not in stranger.get(moved).text
    for fields in ({"title": ""}, {"title": "x" * 151}, {"visibility": "nobody"}):
        assert alice_browser.submit(f"{moved}/edit", edit.replace(shelf, moved),
                                    **(FIELDS | fields)).status_code == 400  # fmt: skip
    answer = alice_browser.submit(f"{moved}/edit", f"{moved}/delete")
    assert answer.headers["location"] == "/collections?owner=alice"
    assert stranger.get(moved).status_code == 404


def test_private_ones(
    alice_browser: Browser, bob_browser: Browser, charlie_browser: Browser, stranger: Browser
) -> None:
    shelf = make(alice_browser, owner="acme", visibility="private", title=unique("Hidden "))
    assert bob_browser.get(shelf).status_code == 200
    assert bob_browser.get(f"{shelf}/edit").status_code == 200  # role write
    for browser in (charlie_browser, stranger):
        assert browser.get(shelf).status_code == 404
        for path in ("/collections", "/collections?owner=acme", "/acme"):
            assert shelf not in browser.get(path).text
    assert charlie_browser.get(f"{shelf}/edit").status_code == 404


def test_only_its_owner_changes_it(
    alice_browser: Browser, charlie_browser: Browser, stranger: Browser
) -> None:
    shelf = make(alice_browser)
    own = charlie_browser.hidden("/", "/logout")
    assert charlie_browser.get(f"{shelf}/edit").status_code == 403
    for act in ("edit", "delete", "items", f"items/{'0' * 24}"):
        form = FIELDS | {"name": "papers/2311.12983", "remove": "1"}
        assert charlie_browser.post(f"{shelf}/{act}", data=own | form).status_code == 403
        assert alice_browser.post(f"{shelf}/{act}", data=form).status_code == 403
        assert stranger.post(f"{shelf}/{act}", data=form).status_code == 401
    assert stranger.get(shelf).status_code == 200
    answer = charlie_browser.submit("/collections/new", owner="alice", **FIELDS)
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("fields", "status"),
    [({"title": ""}, 400), ({"owner": HOSTILE}, 404), ({"visibility": HOSTILE}, 400),
     ({"description": "x" * 1001}, 400)],
)  # fmt: skip
def test_refused(alice_browser: Browser, fields: dict[str, str], status: int) -> None:
    form = {"owner": "alice", **FIELDS, "title": unique("No ")} | fields
    answer = alice_browser.submit("/collections/new", **form)
    assert answer.status_code == status
    assert "<script" not in answer.text
    assert 'role="alert"' in answer.text


def test_the_same_title_twice(alice_browser: Browser) -> None:
    title = unique("Twice ")
    shelf = make(alice_browser, title=title)
    answer = alice_browser.submit("/collections/new", owner="alice", **(FIELDS | {"title": title}))
    assert answer.status_code == 409
    assert f'href="{shelf}"' in answer.text


def test_upvotes(alice_browser: Browser, charlie_browser: Browser, stranger: Browser) -> None:
    shelf = make(alice_browser)
    for button, told in (("up", "1 upvote<"), ("up", "1 upvote<"), ("down", "0 upvotes<")):
        answer = charlie_browser.submit(shelf, f"{shelf}/upvote", **{button: "1"})
        assert answer.headers["location"] == shelf
        assert told in stranger.get(shelf).text


def test_follow(alice_browser: Browser, charlie_browser: Browser, stranger: Browser) -> None:
    for page in ("/alice", "/acme"):
        act = f"{page}/follow"
        assert "Follow</button>" not in stranger.get(page).text
        assert stranger.post(act, data={"follow": "1"}).status_code == 401
        assert charlie_browser.post(act, data={"follow": "1"}).status_code == 403
        assert charlie_browser.submit(page, act, follow="1").headers["location"] == page
        assert "1 follower " in charlie_browser.get(page).text
        assert charlie_browser.submit(page, act, unfollow="1").status_code == 303
        assert "0 followers" in stranger.get(page).text
    assert "/alice/follow" not in alice_browser.get("/alice").text
    own = alice_browser.hidden("/", "/logout")
    assert alice_browser.post("/alice/follow", data=own).status_code == 400
    assert alice_browser.post("/nobody/follow", data=own).status_code == 404


def test_audit_log(
    alice_browser: Browser, bob_browser: Browser, charlie_browser: Browser, root_browser: Browser
) -> None:
    title = unique("Logged ")
    make(alice_browser, owner="acme", title=f"{title} {HOSTILE}")
    page = "/organizations/acme/audit-log"
    for browser in (alice_browser, root_browser):
        text = browser.get(page).text
        assert "Collection changed" in text
        assert f"{title} {ESCAPED}" in text
        assert "<script" not in text
    assert page in alice_browser.get("/acme").text
    for browser in (bob_browser, charlie_browser):
        assert browser.get(page).status_code == 403
        assert page not in browser.get("/acme").text
    assert alice_browser.get("/organizations/alice/audit-log").status_code == 404
    assert title not in charlie_browser.get("/settings/audit-log").text
    make(alice_browser, title=title)
    assert title in alice_browser.get("/settings/audit-log").text


def test_audit_log_by_pages(alice_browser: Browser) -> None:
    for _ in range(51):
        make(alice_browser)
    text = alice_browser.get("/settings/audit-log").text
    older = re.search(r'href="(/settings/audit-log\?before=\d+)"', text)
    assert older
    assert "<tbody>" in alice_browser.get(older[1]).text
    assert alice_browser.get("/settings/audit-log?before=x").status_code == 200
