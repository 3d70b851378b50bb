"""Kept reports over HTTP: their list, their files, the feed, and what is made again."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

import httpx
import pytest

from api.observatory import observing_hub, open_parts
from hearthub.accounts import Actor
from live import LiveHub
from pulse.lakes import history, panel

WEEK = "/api/pulse/reports/weekly/made-up/2026-03-15"
ATOM = "{http://www.w3.org/2005/Atom}"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    with observing_hub(tmp_path_factory.mktemp("reporting")) as running:
        yield running


@pytest.fixture(scope="module")
def anyone(hub: LiveHub) -> Iterator[httpx.Client]:
    with hub.client() as client:
        yield client


class TestTheList:
    def test_it_works(self, anyone: httpx.Client) -> None:
        found = anyone.get("/api/pulse/reports?source=made-up&lang=en").json()
        weeks = [it["until"] for it in found if it["kind"] == "weekly"]
        assert weeks == sorted(weeks, reverse=True)
        # A Monday alone is a week that is over, too; the eleven before end on Sundays.
        assert (weeks[0], weeks[1], len(weeks)) == ("2026-03-16", "2026-03-15", 12)
        assert [it["until"] for it in found if it["kind"] == "state"] == ["2026-03-16"]
        assert {it["synthetic"] for it in found} == {True}
        assert all("synthetic" in it["title"] for it in found)

    def test_each_file_is_there(self, anyone: httpx.Client) -> None:
        found = anyone.get("/api/pulse/reports?kind=state&source=made-up").json()
        assert [it["lang"] for it in found] == ["ja", "en"]
        for it in found:
            for name in it["files"]:
                answer = anyone.get(it["url"] + name)
                assert answer.status_code == 200, name
                assert answer.headers["x-content-type-options"] == "nosniff"

    def test_csv(self, anyone: httpx.Client) -> None:
        answer = anyone.get("/api/pulse/reports?source=made-up", headers={"Accept": "text/csv"})
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert len(rows) == 26
        assert {row["synthetic"] for row in rows} == {"true"}

    def test_nothing_of_nobody(self, anyone: httpx.Client) -> None:
        assert anyone.get("/api/pulse/reports?source=nobody").json() == []
        for query in ("kind=daily", "lang=de", "source=" + "x" * 999):
            assert anyone.get(f"/api/pulse/reports?{query}").status_code == 400


class TestFiles:
    @pytest.mark.parametrize(
        ("name", "media_type", "part"),
        [
            ("report.html", "text/html; charset=utf-8", "synthetic"),
            ("report.md", "text/markdown; charset=utf-8", "synthetic"),
            ("report.json", "application/json", '"synthetic": true'),
            ("chart-rising.svg", "image/svg+xml", "<svg"),
            ("chart-rising.dark.svg", "image/svg+xml", "<svg"),
            ("chart-rising.csv", "text/csv; charset=utf-8", "universe"),
        ],
    )
    def test_it_works(self, anyone: httpx.Client, name: str, media_type: str, part: str) -> None:
        answer = anyone.get(f"{WEEK}/en/{name}")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == media_type
        assert "script-src" not in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert part in answer.text

    def test_in_japanese(self, anyone: httpx.Client) -> None:
        assert "合成データ" in anyone.get(f"{WEEK}/ja/report.html").text

    def test_the_same_is_not_sent_twice(self, anyone: httpx.Client) -> None:
        etag = anyone.get(f"{WEEK}/en/report.html").headers["etag"]
        again = anyone.get(f"{WEEK}/en/report.html", headers={"If-None-Match": etag})
        assert (again.status_code, again.content) == (304, b"")
        other = anyone.get(f"{WEEK}/ja/report.html", headers={"If-None-Match": etag})
        assert other.status_code == 200

    @pytest.mark.parametrize(
        ("path", "status"),
        [
            ("weekly/made-up/2026-03-15/en/kept.json", 404),
            ("weekly/made-up/2026-03-15/en/%2e%2e%2fkept.json", 404),
            ("weekly/made-up/2026-03-15/en/..%2f..%2f..%2flock", 404),
            ("weekly/made-up/2026-03-15/%2e%2e/lock", 404),
            ("weekly/made-up/2026-03-15/en/report.html%00", 404),
            ("weekly/%2e%2e/2026-03-15/en/report.html", 404),
            ("weekly/made-up%2f..%2fmade-up/2026-03-15/en/report.html", 404),
            ("weekly/*/2026-03-15/en/report.html", 404),
            ("%2e%2e/made-up/2026-03-15/en/report.html", 404),
            ("weekly/made-up/2026-03-14/en/report.html", 404),
            ("weekly/made-up/2026-03-15/de/report.html", 404),
            ("daily/made-up/2026-03-15/en/report.html", 404),
            ("weekly/made-up/yesterday/en/report.html", 400),
            ("weekly/made-up/2026-W11/en/report.html", 400),
            ("weekly/made-up/9999-99-99/en/report.html", 400),
        ],
    )
    def test_malformed_and_missing(self, anyone: httpx.Client, path: str, status: int) -> None:
        answer = anyone.get(f"/api/pulse/reports/{path}")
        assert answer.status_code == status, answer.text
        assert answer.json()["error"]

    def test_a_wrong_token(self, hub: LiveHub) -> None:
        with hub.client(token="hf_wrong") as client:
            assert client.get(f"{WEEK}/en/report.html").status_code == 401


def text(parent: Element, name: str) -> str:
    """Of the one child of that name."""
    (found,) = parent.findall(ATOM + name)
    assert found.text
    return found.text


def link(parent: Element, rel: str) -> str:
    (found,) = [it for it in parent.findall(f"{ATOM}link") if it.get("rel") == rel]
    return str(found.get("href"))


class TestTheFeed:
    """RFC 4287: what a feed and an entry must have, once."""

    @pytest.mark.parametrize("lang", ["en", "ja"])
    def test_it_is_valid(self, hub: LiveHub, anyone: httpx.Client, lang: str) -> None:
        answer = anyone.get(f"/api/pulse/weekly.atom?lang={lang}")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
        feed = fromstring(answer.content)
        assert feed.tag == f"{ATOM}feed"
        assert feed.get(XML_LANG) == lang
        assert text(feed, "id").startswith("tag:127.0.0.1,2026:")
        assert text(feed.find(f"{ATOM}author") or feed, "name")
        assert link(feed, "self") == f"{hub.url}/api/pulse/weekly.atom?lang={lang}"
        entries = feed.findall(f"{ATOM}entry")
        assert len(entries) >= 12
        assert len({text(entry, "id") for entry in entries}) == len(entries)
        for entry in entries:
            assert text(entry, "title")
            assert text(entry, "summary")
            assert text(feed, "updated") >= text(entry, "updated")
            page = anyone.get(link(entry, "alternate"))
            assert (page.status_code, f'lang="{lang}"' in page.text) == (200, True)

    def test_what_is_made_up_says_so(self, anyone: httpx.Client) -> None:
        feed = fromstring(anyone.get("/api/pulse/weekly.atom?source=made-up").content)
        entries = feed.findall(f"{ATOM}entry")
        assert len(entries) == 12
        for entry in entries:
            assert "[synthetic data]" in text(entry, "title")
            assert "[synthetic data]" in text(entry, "summary")

    def test_of_nobody_it_is_empty_and_valid(self, anyone: httpx.Client) -> None:
        feed = fromstring(anyone.get("/api/pulse/weekly.atom?source=%3Cx%3E&lang=ja").content)
        assert feed.findall(f"{ATOM}entry") == []
        assert text(feed, "updated") == "1970-01-01T00:00:00Z"

    def test_malformed(self, anyone: httpx.Client) -> None:
        assert anyone.get("/api/pulse/weekly.atom?lang=de").status_code == 400

    def test_the_same_is_not_sent_twice(self, anyone: httpx.Client) -> None:
        etag = anyone.get("/api/pulse/weekly.atom").headers["etag"]
        answer = anyone.get("/api/pulse/weekly.atom", headers={"If-None-Match": etag})
        assert answer.status_code == 304


def test_of_what_is_withdrawn_nothing_is_told_until_it_is_made_again(hub: LiveHub) -> None:
    """The last test of this hub: its state report of its own repos, before and after."""
    hub.stop()
    with open_parts(hub) as parts:
        (kept,) = [it for it in parts.pulse.reports() if it.source == "own" and it.lang == "en"]
        path = f"/api/pulse/reports/state/own/{kept.until}/en/report.json"
        root = Actor(user_id=1, is_admin=True, can_write=True)
        parts.registry.change_settings(root, "model", "alice/later", visibility="private")
        # Later than this test takes.
        parts.db.execute("update job set run_at = run_at + 600000 where name like 'pulse.%'")
    hub.start()
    with hub.client() as anyone:
        answer = anyone.get(path)
        assert answer.status_code == 503
        assert "try again" in answer.json()["error"]
        assert int(answer.headers["retry-after"]) > 0
        assert [it for it in anyone.get("/api/pulse/reports").json() if it["source"] == "own"] == []
        assert anyone.get(f"{WEEK}/en/report.html").status_code == 200, "others stand"
    hub.stop()
    with open_parts(hub) as parts:
        parts.db.execute("update job set run_at = 0 where name = 'pulse.withdraw'")
        parts.jobs.run_due()
        assert not parts.jobs.is_under_way("pulse.report", "changed")
        (again,) = [it for it in parts.pulse.reports() if it.source == "own" and it.lang == "en"]
        assert again.until == kept.until
        assert again.folder != kept.folder
        assert not kept.folder.exists()
    hub.start()
    with hub.client() as anyone:
        assert anyone.get(path).status_code == 200


def test_what_turns_the_direction_of_text_is_not_in_the_feed(hub: LiveHub, tmp_path: Path) -> None:
    with open_parts(hub) as parts:
        rows = history({"a/\u202eevil\u200b": 5}, 40, 50, pipeline_tag="x\u2066y")
        panel(parts.pulse.lake, tmp_path, rows, source="turning")
        parts.pulse.make_reports({})
    with hub.client() as anyone:
        feed = anyone.get("/api/pulse/weekly.atom?source=turning").text
        (week, *_) = anyone.get("/api/pulse/reports?source=turning&kind=weekly&lang=en").json()
        files = [anyone.get(week["url"] + name).text for name in ("report.md", "report.html")]
    assert "evil" in feed
    for text in (feed, *files):
        assert not set(text) & set("\u202e\u200b\u2066")
