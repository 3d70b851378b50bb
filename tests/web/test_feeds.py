"""Atom feeds: well-formed whatever strangers write, and never of what may not be seen."""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, fromstring

import httpx
import pytest

from browsing import Browser
from calls import commit, new_repo, put, unique
from hearthub.app import open_hub
from hearthub.http.logs import blot
from hearthub.settings import Settings
from live import LiveHub

ATOM = "{http://www.w3.org/2005/Atom}"
HOSTILE = '"><script>]]>&lol; \u202eevil\u2066'


@pytest.fixture
def alice(people: LiveHub) -> Iterator[httpx.Client]:
    with people.client("alice") as client:
        yield client


def read(browser: httpx.Client, path: str) -> Element:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    return fromstring(answer.content)


def titles(feed: Element) -> list[str]:
    return [it.findtext(f"{ATOM}title", "") for it in feed.iter(f"{ATOM}entry")]


def hrefs(feed: Element) -> list[str]:
    return [
        it.attrib["href"] for entry in feed.iter(f"{ATOM}entry") for it in entry.iter(f"{ATOM}link")
    ]


def talk(client: httpx.Client, repo: str, title: str, **more: object) -> int:
    body = {"title": title, "description": "text", **more}
    answer = client.post(f"/api/models/{repo}/discussions", json=body)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["num"])


def hide(client: httpx.Client, repo: str) -> None:
    answer = client.put(f"/api/models/{repo}/settings", json={"visibility": "private"})
    assert answer.status_code == 200


class TestRepo:
    def test_tells_what_happened(
        self, people: LiveHub, stranger: Browser, alice: httpx.Client
    ) -> None:
        repo = new_repo(alice)
        oid = commit(alice, repo, put("a.txt"), summary="First words", description="and more")
        alice.post(f"/api/models/{repo}/tag/main", json={"tag": "v1/rc"}).raise_for_status()
        num = talk(alice, repo, "Does it run?")
        pull = talk(alice, repo, "Better", pullRequest=True)
        feed = read(stranger, f"/{repo}/feed.atom")
        found = titles(feed)
        assert "First words" in found
        assert "Tag v1/rc" in found
        assert f"Discussion #{num}: Does it run?" in found
        assert f"Pull request #{pull}: Better" in found
        assert f"{people.url}/{repo}/commit/{oid}" in hrefs(feed)
        for href in hrefs(feed):
            assert stranger.get(href).status_code == 200, href
        ids = [it.text for it in feed.iter(f"{ATOM}id")]
        assert len(ids) == len(set(ids))
        times = [it.findtext(f"{ATOM}updated", "") for it in feed.iter(f"{ATOM}entry")]
        assert times == sorted(times, reverse=True)
        assert feed.findtext(f"{ATOM}updated") == times[0]
        assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", it) for it in times)

    def test_of_another_kind(self, stranger: Browser, alice: httpx.Client) -> None:
        repo = new_repo(alice, type="dataset")
        commit(alice, repo, put("a.txt"), kind="datasets", summary="Rows")
        assert "Rows" in titles(read(stranger, f"/datasets/{repo}/feed.atom"))
        assert stranger.get(f"/{repo}/feed.atom").status_code == 404

    def test_not_asked_twice(self, stranger: Browser, alice: httpx.Client) -> None:
        repo = new_repo(alice)
        answer = stranger.get(f"/{repo}/feed.atom")
        assert answer.headers["last-modified"].endswith(" GMT")
        known = {"If-None-Match": answer.headers["etag"]}
        again = stranger.get(f"/{repo}/feed.atom", headers=known)
        assert (again.status_code, again.content) == (304, b"")
        commit(alice, repo, put("a.txt"), summary="News")
        assert stranger.get(f"/{repo}/feed.atom", headers=known).status_code == 200

    def test_bounded(self, stranger: Browser, alice: httpx.Client) -> None:
        repo = new_repo(alice)
        for number in range(55):
            talk(alice, repo, f"Question {number}")
        found = titles(read(stranger, f"/{repo}/feed.atom"))
        assert len(found) == 50
        assert "Question 54" in " ".join(found)

    def test_hostile(self, stranger: Browser, alice: httpx.Client) -> None:
        repo = new_repo(alice)
        commit(alice, repo, put("a"), summary=f"{HOSTILE}\x01\x1b", description=f"\x08{HOSTILE}")
        talk(alice, repo, HOSTILE)
        answer = stranger.get(f"/{repo}/feed.atom")
        feed = fromstring(answer.content)
        assert sum("<script>" in it for it in titles(feed)) == 2
        assert "<script" not in answer.text
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x09\x0b-\x1f]", answer.text)
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"

    def test_moved(self, stranger: Browser, alice: httpx.Client) -> None:
        repo, name = new_repo(alice), f"alice/{unique('moved')}"
        before = read(stranger, f"/{repo}/feed.atom").findtext(f"{ATOM}id")
        body = {"fromRepo": repo, "toRepo": name, "type": "model"}
        alice.post("/api/repos/move", json=body).raise_for_status()
        answer = stranger.get(f"/{repo}/feed.atom")
        assert (answer.status_code, answer.headers["location"]) == (307, f"/{name}/feed.atom")
        assert read(stranger, f"/{name}/feed.atom").findtext(f"{ATOM}id") == before

    def test_gated(self, stranger: Browser, alice: httpx.Client) -> None:
        """Its history is everybody's to see, as on its page, and its talk is not."""
        repo = new_repo(alice)
        commit(alice, repo, put("a"), summary="Seen")
        talk(alice, repo, "Unseen")
        alice.put(f"/api/models/{repo}/settings", json={"gated": "auto"}).raise_for_status()
        found = titles(read(stranger, f"/{repo}/feed.atom"))
        assert "Seen" in found
        assert "Unseen" not in " ".join(found)


def test_an_author(stranger: Browser, alice: httpx.Client) -> None:
    repo = new_repo(alice, unique("authored"))
    commit(alice, repo, put("a"), summary="From an author")
    found = titles(read(stranger, "/alice/feed.atom"))
    assert f"{repo}: new model" in found
    assert f"{repo}: From an author" in found
    assert len(found) <= 50
    answer = stranger.get("/AliCe/feed.atom")
    assert (answer.status_code, answer.headers["location"]) == (303, "/alice/feed.atom")
    assert stranger.get("/nobody/feed.atom").status_code == 404


def test_private_is_in_none(stranger: Browser, alice_browser: Browser, alice: httpx.Client) -> None:
    """Not even for its owner: a feed is what a stranger sees."""
    repo = new_repo(alice, unique("withdrawn"))
    assert repo in stranger.get("/alice/feed.atom").text
    assert stranger.get(f"/{repo}/feed.atom").status_code == 200
    hide(alice, repo)
    for browser in (stranger, alice_browser):
        assert repo not in browser.get("/alice/feed.atom").text
        assert browser.get(f"/{repo}/feed.atom").status_code == 404
    missing = stranger.get("/alice/no-such-repo/feed.atom")
    assert stranger.get(f"/{repo}/feed.atom").text == missing.text


def test_pages_name_their_feed(
    stranger: Browser, alice_browser: Browser, alice: httpx.Client
) -> None:
    repo = new_repo(alice)
    for path in (f"/{repo}", f"/{repo}/commits/main", "/alice"):
        about = "/alice" if path == "/alice" else f"/{repo}"
        link = f'<link rel="alternate" type="application/atom+xml" title="{about[1:]}" '
        assert f'{link}href="{about}/feed.atom">' in stranger.get(path).text
    hide(alice, repo)
    assert "atom+xml" not in alice_browser.get(f"/{repo}").text


def test_no_repo_takes_its_place(alice: httpx.Client) -> None:
    assert alice.post("/api/repos/create", json={"name": "Feed.atom"}).status_code == 400


class TestOwn:
    @pytest.fixture
    def reader(self, stranger: Browser) -> Browser:
        """Somebody new, who follows nobody yet."""
        stranger.submit("/signup", name=unique("reader"), password="long enough")
        return stranger

    def address(self, browser: Browser) -> str:
        answer = browser.submit("/settings/feed")
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "private, no-store"
        assert "content-encoding" not in answer.headers
        found = re.search(r'class="secret">([^<]+/feed/[\w-]{43}\.atom)<', answer.text)
        assert found
        return found[1]

    def test_whom_and_what_one_follows(
        self, people: LiveHub, reader: Browser, alice: httpx.Client
    ) -> None:
        theirs = new_repo(alice, unique("followed"))
        commit(alice, theirs, put("a"), summary="Of somebody followed")
        with people.client("bob") as bob, people.client() as program:
            liked, other = new_repo(bob, unique("liked")), new_repo(bob, unique("other"))
            num = talk(bob, liked, HOSTILE)
            address = self.address(reader)
            assert titles(read(program, address)) == []
            reader.submit("/alice", "/alice/follow", follow="1")
            reader.submit(f"/{liked}", f"/{liked}/like", like="yes")
            feed = read(program, address)
            found = " ".join(titles(feed))
            assert f"{theirs}: Of somebody followed" in found
            assert f"{liked}: new model" in found
            assert f"{liked}: Discussion #{num}: " in found
            assert other not in found
            assert "\u202e" not in found
            reader.submit("/alice", "/alice/follow", unfollow="1")
            assert theirs not in " ".join(titles(read(program, address)))
            answer = program.get(address)
            assert answer.headers["cache-control"] == "private, no-cache"
            known = {"If-None-Match": answer.headers["etag"]}
            assert program.get(address, headers=known).status_code == 304

    def test_what_is_private_by_now_is_not_in_it(
        self, people: LiveHub, reader: Browser, alice: httpx.Client
    ) -> None:
        repo = new_repo(alice, unique("hidden"))
        talk(alice, repo, "Of a hidden one")
        reader.submit("/alice", "/alice/follow", follow="1")
        reader.submit(f"/{repo}", f"/{repo}/like", like="yes")
        address = self.address(reader)
        with people.client() as program:
            first = program.get(address)
            assert repo in first.text
            hide(alice, repo)
            known = {"If-None-Match": first.headers["etag"]}
            after = program.get(address, headers=known)
            assert after.status_code == 200
            assert repo not in after.text
            assert "Of a hidden one" not in after.text

    def test_talk_of_a_gated_repo_is_its_readers(
        self, people: LiveHub, reader: Browser, alice: httpx.Client
    ) -> None:
        repo = new_repo(alice, unique("gated"))
        talk(alice, repo, "Behind the gate")
        alice.put(f"/api/models/{repo}/settings", json={"gated": "manual"}).raise_for_status()
        reader.submit(f"/{repo}", f"/{repo}/like", like="yes")
        with people.client() as program:
            found = " ".join(titles(read(program, self.address(reader))))
        assert repo in found
        assert "Behind the gate" not in found

    def test_a_member_reads_what_is_the_organisations_own(
        self, people: LiveHub, bob_browser: Browser, charlie_browser: Browser, alice: httpx.Client
    ) -> None:
        repo = new_repo(alice, unique("team"), organization="acme", private=True)
        with people.client() as program:
            for browser, sees in ((bob_browser, True), (charlie_browser, False)):
                browser.submit("/acme", "/acme/follow", follow="1")
                assert (repo in program.get(self.address(browser)).text) is sees

    def test_revoked(self, people: LiveHub, reader: Browser) -> None:
        first = self.address(reader)
        second = self.address(reader)
        key = second.rpartition("/")[2].removesuffix(".atom")
        with people.client() as program:
            assert [program.get(it).status_code for it in (first, second)] == [404, 200]
            assert key not in reader.get("/settings/feed").text
            answer = reader.submit("/settings/feed", "/settings/feed/revoke")
            assert answer.headers["location"] == "/settings/feed?said=revoked"
            assert program.get(second).status_code == 404
        with open_hub(Settings(data=people.data)) as parts:
            assert parts.db.value("select count(*) from feed where hash = :key", key=key) == 0

    def test_of_a_disabled_user(self, people: LiveHub, reader: Browser) -> None:
        address = self.address(reader)
        feed = read(reader, address)
        name = feed.findtext(f"{ATOM}title", "").split()[-2]
        with open_hub(Settings(data=people.data)) as parts:
            parts.accounts.set_disabled(name, True)
        with people.client() as program:
            assert program.get(address).status_code == 404

    def test_forms_need_a_token(self, stranger: Browser, alice_browser: Browser) -> None:
        for action in ("/settings/feed", "/settings/feed/revoke"):
            assert alice_browser.post(action, data={"x": "y"}).status_code == 403
            assert stranger.post(action, data={"x": "y"}).status_code == 401
        assert stranger.get("/settings/feed").headers["location"].startswith("/login")

    def test_logs_leave_it_out(self) -> None:
        line = "GET /feed/Ab-_4567890123456789.atom 200"
        assert blot(line) == "GET /feed/[secret].atom 200"
