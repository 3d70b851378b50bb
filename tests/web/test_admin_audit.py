"""The hub's audit log: for its administrators alone, filtered, page by page, and as CSV."""

import csv
import html
import io
import re
import sqlite3
from datetime import UTC, datetime

import httpx
import pytest

from browsing import Browser
from calls import commit, new_repo, put, unique
from live import LiveHub

LOG, FILE = "/admin/audit-log", "/admin/audit-log.csv"
EVIL = '=HYPERLINK("x")<script>alert(1)</script>\u202e'


def rows(browser: httpx.Client, **asked: object) -> list[dict[str, str]]:
    answer = browser.get(FILE, params={name.rstrip("_"): str(it) for name, it in asked.items()})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="audit-log.csv"'
    assert answer.headers["cache-control"] == "private, no-store"
    return list(csv.DictReader(io.StringIO(answer.text)))


@pytest.mark.parametrize("path", [LOG, FILE])
def test_nobody_else_finds_it(
    people: LiveHub, stranger: Browser, alice_browser: Browser, path: str
) -> None:
    for browser in (stranger, alice_browser):
        answer = browser.get(path)
        assert answer.status_code == 404
        assert "There is no such user, organisation or page." in answer.text
    with people.client("root") as by_token:  # pages know no tokens
        assert by_token.get(path).status_code == 404


def test_who_did_what(people: LiveHub, root_browser: Browser) -> None:
    with people.client("alice") as alice, people.client("bob") as bob:
        mine, his = new_repo(alice, private=True), new_repo(bob)
        commit(alice, mine, put("a.txt"), summary=EVIL)
    text = root_browser.get(LOG).text
    assert f'<a href="/{mine}">' in text
    assert f'<a href="/{his}">' in text
    for bad in ("<script", "\u202e"):
        assert bad not in text
    assert "=HYPERLINK(&#34;x&#34;)&lt;script&gt;" in text
    by_bob = rows(root_browser, who="bob")
    assert his in {it["repo"] for it in by_bob}
    assert {it["actor"] for it in by_bob} == {"bob"}
    created = rows(root_browser, who="alice", what="RepoCreated")
    assert {it["action"] for it in created} == {"RepoCreated"}
    assert created[0]["repo"] == mine
    assert rows(root_browser, who="nobody-at-all") == []
    assert "Nobody is called so." in root_browser.get(LOG, params={"who": "nobody-at-all"}).text
    for row in rows(root_browser):
        assert not re.match("[=+@-]", row["detail"])


def test_when(people: LiveHub, root_browser: Browser) -> None:
    with people.client("alice") as alice:
        repo = new_repo(alice)
    today = datetime.now(UTC).date().isoformat()
    assert rows(root_browser, from_=today, to=today)[0]["repo"] == repo
    assert rows(root_browser, to="2025-12-31") == []
    assert rows(root_browser, from_="9999-12-31", to="9999-12-31") == []
    with sqlite3.connect(people.data / "hearthub.db", timeout=30) as database:
        database.execute('update event set "at" = 1735689600000 where id = 1')  # 2025-01-01
    for first, last, found in (
        ("2025-01-01", "2025-01-01", ["1"]),
        ("0001-01-01", "2025-01-01", ["1"]),
        ("2024-12-31", "2024-12-31", []),
        ("2025-01-02", "2025-01-03", []),
    ):
        assert [it["id"] for it in rows(root_browser, from_=first, to=last)] == found, first
    assert rows(root_browser, from_="2025-01-02")[-1]["id"] == "2", "all but that one"


def test_page_by_page(people: LiveHub, root_browser: Browser) -> None:
    with people.client("alice") as alice:
        repo = new_repo(alice, unique("busy"))
        for number in range(60):
            commit(alice, repo, put("a.txt", f"{number}".encode()))
    path: str | None = f"{LOG}?who=alice&what=CommitCreated"
    seen: list[str] = []
    while path:
        text = root_browser.get(path).text
        seen += re.findall(r'<td class="nobr">([^<]*)</td><th scope="row">([^<]*)</th>', text)
        link = re.search(r'<a rel="next" href="([^"]*)"', text)
        path = html.unescape(link[1]) if link else None
        assert path is None or path.startswith(f"{LOG}?who=alice&what=CommitCreated&before=")
    told = rows(root_browser, who="alice", what="CommitCreated")
    assert len(seen) == len(told) > 60
    ids = [int(it["id"]) for it in told]
    assert ids == sorted(ids, reverse=True)
    after = rows(root_browser, who="alice", what="CommitCreated", before=ids[9])
    assert [int(it["id"]) for it in after] == ids[10:]


def test_what_is_no_question(root_browser: Browser) -> None:
    for name, word in (
        ("from", "yesterday"),
        ("to", "2026-13-01"),
        ("who", "x" * 101),
        ("what", "<script>" * 20),
    ):
        for path in (LOG, FILE):
            answer = root_browser.get(path, params={name: word})
            assert answer.status_code == 400, word
            assert "<script" not in answer.text
    for word in ("<script>alert(1)</script>", "%00", "'; drop table event; --", '"onx="'):
        answer = root_browser.get(LOG, params={"who": word, "what": word, "before": word})
        assert answer.status_code == 200
        assert word not in answer.text or word == "%00"
    assert root_browser.get(f"{LOG}?who=%ff%fe").status_code in (200, 400)


def test_it_is_in_the_menu(root_browser: Browser) -> None:
    assert f'href="{LOG}"' in root_browser.get("/admin/users").text
