"""Administration: for administrators, and not even there for anybody else."""

import re
import sqlite3

import pytest

from browsing import Browser, logged_in
from calls import unique
from live import LiveHub

PAGES = ["/admin", "/admin/users", "/admin/jobs", "/admin/storage"]
HOSTILE = '"><script>alert(1)</script>'


def user_id(people: LiveHub, name: str) -> int:
    with sqlite3.connect(people.data / "hearthub.db", timeout=30) as database:
        return int(database.execute("select id from account where name = ?", (name,)).fetchone()[0])


@pytest.mark.parametrize("path", PAGES)
def test_nobody_else_finds_them(
    stranger: Browser, alice_browser: Browser, root_browser: Browser, path: str
) -> None:
    missing = alice_browser.get("/nobody-of-this-name")
    for browser in (stranger, alice_browser):
        answer = browser.get(path)
        assert answer.status_code == 404
        assert "There is no such user, organisation or page." in answer.text
        assert "dministration" not in answer.text
    assert "There is no such user, organisation or page." in missing.text
    assert root_browser.get(path).status_code == (303 if path == "/admin" else 200)


def test_forms_of_others_do_nothing(
    people: LiveHub, alice_browser: Browser, stranger: Browser
) -> None:
    hidden = alice_browser.hidden("/", "/logout")
    bob = user_id(people, "bob")
    for action, fields in (
        ("/admin/users", {"name": "evil", "password": "long enough"}),
        ("/admin/users/change", {"user": str(bob), "do": "raise"}),
        ("/admin/jobs/retry", {"job": "1"}),
    ):
        assert alice_browser.post(action, data=hidden | fields).status_code == 404
        assert stranger.post(action, data=fields).status_code == 401
    assert alice_browser.get("/evil").status_code == 404


class TestUsers:
    def change(self, browser: Browser, user: int, what: str) -> int:
        page, action = "/admin/users", "/admin/users/change"
        return browser.submit(page, action, user=user, do=what).status_code

    def test_make_disable_and_enable(
        self, people: LiveHub, root_browser: Browser, stranger: Browser
    ) -> None:
        name = unique("hired")
        answer = root_browser.submit(
            "/admin/users", name=name, password="long enough", fullname=HOSTILE, email=""
        )
        assert answer.headers["location"] == "/admin/users?said=added"
        page = root_browser.get("/admin/users", params={"search": name}).text
        assert "<script" not in page
        user = user_id(people, name)
        with Browser(people) as browser:
            assert browser.log_in(name, "long enough").status_code == 303
            assert self.change(root_browser, user, "disable") == 303
            assert browser.get("/settings/profile").status_code == 303
            assert browser.log_in(name, "long enough").status_code == 401
            assert self.change(root_browser, user, "enable") == 303
            assert browser.log_in(name, "long enough").status_code == 303
            assert browser.get("/admin/users").status_code == 404
            assert self.change(root_browser, user, "raise") == 303
            assert browser.get("/admin/users").status_code == 200
            assert self.change(root_browser, user, "lower") == 303
            assert browser.get("/admin/users").status_code == 404

    def test_not_oneself(self, people: LiveHub, root_browser: Browser) -> None:
        root = user_id(people, "root")
        for what in ("disable", "lower"):
            assert self.change(root_browser, root, what) == 400
        assert root_browser.get("/admin/users").status_code == 200

    @pytest.mark.parametrize(
        ("user", "what", "status"), [(10**9, "disable", 404), (1, "x", 400), ("x", "raise", 400)]
    )
    def test_malformed(
        self, people: LiveHub, root_browser: Browser, user: int, what: str, status: int
    ) -> None:
        user = user_id(people, "bob") if user == 1 else user
        assert self.change(root_browser, user, what) == status

    def test_taken(self, root_browser: Browser) -> None:
        assert root_browser.submit("/admin/users", name="acme").status_code == 409

    def test_search(self, root_browser: Browser) -> None:
        for typed, seen in (("ali", True), ("ALI", True), ("zz", False), ("%", False)):
            page = root_browser.get("/admin/users", params={"search": typed}).text
            assert ('<a href="/alice">' in page) is seen, typed


def test_jobs(people: LiveHub, root_browser: Browser) -> None:
    with sqlite3.connect(people.data / "hearthub.db", timeout=30) as database:
        database.execute(
            "insert into job (name, payload, key, state, run_at, attempts, error, created,"
            " finished) values ('prune-jobs', '{}', ?, 'dead', 1, 8, ?, 1, 1)",
            (HOSTILE, HOSTILE),
        )
    page = root_browser.get("/admin/jobs").text
    assert "<script" not in page
    assert "1 were given up" in page
    number = re.search(r'name="job" value="(\d+)"', page)
    assert number
    answer = root_browser.submit("/admin/jobs", "/admin/jobs/retry", job=number[1])
    assert answer.headers["location"] == "/admin/jobs?said=retried"
    assert "0 were given up" in root_browser.get("/admin/jobs").text
    hidden = root_browser.hidden("/", "/logout")
    answer = root_browser.post("/admin/jobs/retry", data=hidden | {"job": number[1]})
    assert answer.status_code == 404


def test_storage(root_browser: Browser) -> None:
    page = root_browser.get("/admin/storage").text
    assert "Free on the disk" in page
    assert "Largest repositories" in page


def test_the_menu_has_it_for_administrators(
    people: LiveHub, root_browser: Browser, alice_browser: Browser
) -> None:
    assert 'href="/admin"' in root_browser.get("/").text
    assert 'href="/admin"' not in alice_browser.get("/").text
    with logged_in(people, "root") as browser:
        assert browser.get("/alice").status_code == 200
