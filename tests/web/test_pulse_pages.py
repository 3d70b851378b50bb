"""Pages of the observatory: each works, says what is made up, and tells of nothing hidden."""

import html
import re
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from xml.etree.ElementTree import fromstring

import httpx
import pytest

from api.observatory import observing_hub, open_parts
from calls import new_repo, unique
from hearthub.context import Hub
from live import LiveHub, live_hub
from pulse.lakes import panel

WEEK, STATE = "/pulse/weekly/made-up/2026-03-15", "/pulse/state/made-up/2026-03-16"
ATOM = "{http://www.w3.org/2005/Atom}"
EVIL = [
    "<b>x</b>/<script>alert(1)</script>",
    'q" onmouseover="alert(2)/y',
    "javascript:alert(3)/z",
    "\u202eevil/\u2066name",
    "{{7*7}}/{%raw%}",
]
PAGES = [
    "/pulse",
    "/pulse?sort=pulse",
    "/pulse?sort=surprise&source=made-up",
    "/pulse?source=evil",
    "/pulse?type=dataset",
    "/pulse?lang=ja",
    "/pulse/weekly",
    "/pulse/weekly?lang=ja&source=evil",
    WEEK,
    f"{WEEK}?lang=ja",
    "/pulse/weekly/evil/2026-02-28",
    "/pulse/state",
    STATE,
    f"{STATE}?lang=ja",
    "/pulse/metrics",
    "/pulse/metrics/downloads_gini?source=made-up",
    "/pulse/metrics/share_licence?source=evil",
    "/pulse/metrics/share_licence?source=evil&by=licence",
    "/pulse/metrics/period_downloads?source=made-up&by=month&window=all",
    "/pulse/metrics/trending_hub?source=evil&by=repo",
    "/pulse/claims",
    "/pulse/claims?source=made-up&verdict=undecidable",
    "/pulse/metrics?lang=ja",
    "/pulse/metrics/downloads_gini?source=made-up&lang=ja",
    "/pulse/metrics/share_licence?source=evil&by=licence&lang=ja",
    "/pulse/metrics/period_downloads?source=made-up&by=month&window=all&lang=ja",
    "/pulse/claims?source=made-up&lang=ja",
]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    with observing_hub(tmp_path_factory.mktemp("pages")) as running:
        with open_parts(running) as parts:
            hostile(parts, running.data)
            parts.pulse.make_reports({})
        yield running


def hostile(parts: Hub, folder: Path) -> None:
    """A source whose names, licences and tasks try to be markup."""
    start = datetime(2026, 1, 20, 12)
    rows = [
        {"id": name, "created_at": "2026-01-01", "license": "<i>free</i>",
         "pipeline_tag": "text-<u>generation</u>", "likes": 10 + n * day, "downloads_30d": 50 * day,
         "observed_at": (start + timedelta(day)).isoformat()}
        for n, name in enumerate(EVIL, 1)
        for day in range(40)
    ]  # fmt: skip
    panel(parts.pulse.lake, folder, rows, source="evil", attribution="<em>nobody</em>")


@pytest.fixture(scope="module")
def anyone(hub: LiveHub) -> Iterator[httpx.Client]:
    with hub.client() as client:
        yield client


@pytest.mark.parametrize("path", PAGES)
def test_every_page(anyone: httpx.Client, path: str) -> None:
    answer = anyone.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert not re.search("unsafe|http|script", policy)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in answer.headers
    # A name of strangers that looks like an attribute is text; quotes in it are not.
    assert not re.search(r'<script|<style|<\w[^<>]*\s(on\w+|style)="', answer.text)
    for source in re.findall(r'(?:src|<link[^>]+href)="([^"]+)"', answer.text):
        assert source.startswith("/"), source
        assert not source.startswith("//")
    language = "ja" if "lang=ja" in path else "en"
    assert f'<html lang="{language}">' in answer.text
    assert answer.headers["content-language"] == language
    assert len(re.findall(r"<h1[ >]", answer.text)) == 1
    ids = re.findall(r'\sid="([^"]*)"', answer.text)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("path", PAGES)
def test_names_of_strangers_are_text(anyone: httpx.Client, path: str) -> None:
    text = anyone.get(path).text
    for bad in ("<b>x", "<script>alert", '" onmouseover', "<i>free", "<u>gen", "<em>nobody",
                "\u202e", "\u2066", 'href="javascript'):  # fmt: skip
        assert bad not in text, bad
    if path == "/pulse?source=evil":
        assert "&lt;b&gt;x&lt;/b&gt;/&lt;script&gt;alert(1)&lt;/" in text
        assert "{{7*7}}" in text


@pytest.mark.parametrize("path", PAGES)
def test_what_is_made_up_says_so(anyone: httpx.Client, path: str) -> None:
    text = anyone.get(path).text
    word = "合成データ" if "lang=ja" in path else "synthetic data"
    if "made-up" in path or path.startswith(("/pulse?lang", "/pulse?sort")):
        heading = re.search(r"<h1>(.*?)</h1>", text, re.DOTALL)
        assert heading
        assert word in heading[1]
        title = re.search(r"<title>(.*?)</title>", text)
        assert title
        assert word in title[1]
        for caption in re.findall(r"<caption.*?</caption>", text, re.DOTALL):
            assert word in caption, caption
    if "source=evil" in path and "weekly" not in path and path != "/pulse?source=evil":
        assert word not in text


def test_links_lead_somewhere(anyone: httpx.Client) -> None:
    seen: set[str] = set()
    for path in PAGES:
        text = anyone.get(path).text
        links = {html.unescape(it) for it in re.findall(r'(?:href|src)="([^"#]+)', text)}
        # A page of every metric has the same shape as those of PAGES, and takes a second.
        kept = ("/static", "/api/pulse/reports", "/pulse/metrics/share")
        links = {it for it in links if it.startswith(kept) or re.match(r"/pulse(?!/metrics/)", it)}
        for link in sorted(links - seen):
            assert anyone.get(link).status_code == 200, (path, link)
        seen |= links
    assert len(seen) > 40


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/pulse?type=kernel", 400),
        ("/pulse?sort=best", 400),
        ("/pulse?source=nobody", 404),
        ("/pulse?source=<script>alert(1)</script>", 404),
        ("/pulse?x=" + "y" * 5000, 400),
        ("/pulse/weekly?page=-1", 404),
        ("/pulse/weekly?source=nobody", 404),
        ("/pulse/weekly/made-up/yesterday", 404),
        ("/pulse/weekly/made-up/2020-01-05", 404),
        ("/pulse/weekly/..%2F..%2Fhearthub.db/2026-03-15", 404),
        ("/pulse/weekly/made-up/2026-W11-7", 404),
        ("/pulse/state/nobody/2026-03-16", 404),
        ("/pulse/metrics/nothing", 404),
        ("/pulse/metrics/%ff%fe", 404),
        ("/pulse/metrics/downloads_gini?source=nobody", 404),
        ("/pulse/metrics/downloads_gini?source=made-up&window=soon", 400),
        ("/pulse/metrics/downloads_gini?source=made-up&by=<b>", 400),
        ("/pulse/metrics/downloads_gini?source=made-up&filter=none", 400),
        ("/pulse/metrics/derivatives?type=dataset", 400),
        ("/pulse/metrics/derivatives?by=" + "x" * 200, 400),
        ("/pulse/metrics/downloads_gini/chart.svg?source=made-up", 404),
        ("/pulse/claims?verdict=true", 400),
        ("/pulse/claims?source=nobody", 404),
        ("/pulse/nothing", 404),
        ("/pulse/nothing/at/all", 404),
        ("/pulse/weekly/nobody", 404),
        ("/pulse/state/nobody", 404),
        ("/pulse/weekly/made-up/2026-03-15/more", 404),
        ("/pulse?universe=model@nobody", 404),
        ("/pulse?universe=models", 400),
    ],
)
def test_what_is_wrong_is_a_page_that_says_so(anyone: httpx.Client, path: str, status: int) -> None:
    answer = anyone.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "<script" not in answer.text
    assert "<b>" not in answer.text
    assert re.search(r'href="/(pulse|pulse/metrics)?"', answer.text)


class TestLanguages:
    def test_as_the_browser_likes(self, anyone: httpx.Client) -> None:
        for header, language in (
            ("ja,en;q=0.8", "ja"),
            ("en-US,ja;q=0.5", "en"),
            ("de, ja;q=0.3", "ja"),
            ("de", "en"),
            (";q=x,,ja;q=oops", "en"),
        ):
            answer = anyone.get("/pulse", headers={"Accept-Language": header})
            assert f'<html lang="{language}">' in answer.text, header
            assert "Accept-Language" in answer.headers["vary"]

    def test_asking_goes_before(self, anyone: httpx.Client) -> None:
        answer = anyone.get("/pulse?lang=en", headers={"Accept-Language": "ja"})
        assert '<html lang="en">' in answer.text
        assert '<html lang="en">' in anyone.get("/pulse?lang=xx").text

    @pytest.mark.parametrize("path", [WEEK, STATE])
    def test_numbers_of_a_report_are_the_same(self, anyone: httpx.Client, path: str) -> None:
        found = [
            re.findall(r'<a href="#(n\d+)">([^<]*)</a>', anyone.get(f"{path}?lang={lang}").text)
            for lang in ("en", "ja")
        ]
        assert len(found[0]) > 30
        # Words differ, and so does their order.
        figures = [{it for it in some if re.search(r"\d", it[1])} for some in found]
        assert figures[0] == figures[1]

    @pytest.mark.parametrize(
        "path",
        [
            "/pulse/metrics/downloads_gini?source=made-up",
            "/pulse/metrics/size_weighted_mean?source=made-up&by=country",
            "/pulse/metrics/period_downloads?source=made-up&by=month&window=all",
            "/pulse/claims?source=made-up",
        ],
    )
    def test_numbers_of_a_page_are_the_same(self, anyone: httpx.Client, path: str) -> None:
        english, japanese = (
            re.sub(r"<head>.*?</head>|<details>.*?</details>|<[^>]*>", " ", text, flags=re.DOTALL)
            for text in (html.unescape(anyone.get(f"{path}&lang={it}").text) for it in ("en", "ja"))
        )
        found = [sorted(re.findall(r"\d+(?:[.,]\d+)*", it)) for it in (english, japanese)]
        assert len(found[0]) > 10
        assert found[0] == found[1]
        latin = [len(re.findall(r"[A-Za-z]{2,}", it)) for it in (english, japanese)]
        assert latin[1] < latin[0] / 2, "most of it is English still"

    def test_a_choice_of_language_stays(self, anyone: httpx.Client) -> None:
        text = anyone.get("/pulse/metrics/downloads_gini?source=made-up&lang=ja").text
        assert '<input type="hidden" name="lang" value="ja">' in text
        assert 'href="/pulse/claims?lang=ja"' in text
        assert 'name="lang"' not in anyone.get("/pulse/metrics/downloads_gini").text
        months = "/pulse/metrics/period_downloads/chart.svg?source=made-up&by=month&window=all"
        assert "母集団" in anyone.get(f"{months}&lang=ja").text
        assert "母集団" not in anyone.get(months).text


class TestReports:
    def test_each_number_leads_to_its_row(self, anyone: httpx.Client) -> None:
        text = anyone.get(STATE).text
        rows = set(re.findall(r'<tr id="(n\d+)">', text))
        assert rows
        assert set(re.findall(r'href="#(n\d+)"', text)) <= rows

    def test_it_says_what_its_file_says(self, anyone: httpx.Client) -> None:
        page = anyone.get(WEEK).text
        files = "/api/pulse/reports/weekly/made-up/2026-03-15/en"
        told = anyone.get(f"{files}/report.json").json()
        text = html.unescape(re.sub(r"<[^>]+>", "", page))
        said = [b["text"]["en"] for s in told["sections"] for b in s["blocks"] if "sentence" in b]
        assert len(said) > 10
        for sentence in said:
            assert sentence in text, sentence
        assert f"{files}/chart-rising.svg" in page
        assert f"{files}/chart-rising.dark.svg" in page

    def test_each_chart_has_a_table(self, anyone: httpx.Client) -> None:
        for path in (WEEK, STATE):
            for section in anyone.get(path).text.split("<section")[1:]:
                if "<figure" in section:
                    assert "<table" in section

    def test_weeks_are_a_feed_and_have_neighbours(self, anyone: httpx.Client) -> None:
        assert 'type="application/atom+xml"' in anyone.get("/pulse/weekly").text
        text = anyone.get(WEEK).text
        assert 'rel="prev" href="/pulse/weekly/made-up/2026-03-08"' in text
        assert 'rel="next" href="/pulse/weekly/made-up/2026-03-16"' in text


class TestMetrics:
    def test_the_page_says_what_the_interface_says(self, anyone: httpx.Client) -> None:
        page = anyone.get("/pulse/metrics/downloads_gini?source=made-up").text
        told = anyone.get("/api/pulse/metrics/downloads_gini?universe=model@made-up").json()[0]
        assert f'class="figure">{told["value"]:.4f}<' in page
        assert "hearthub pulse metric downloads_gini --universe model@made-up/all" in page

    def test_its_definition_is_whole(self, anyone: httpx.Client) -> None:
        page = html.unescape(anyone.get("/pulse/metrics/downloads_gini?source=made-up").text)
        told = anyone.get("/api/pulse/metrics").json()
        gini = next(it for it in told if it["metric"] == "downloads_gini")
        for key in ("definition", "numerator", "denominator", "edge_cases", "reference", "unit"):
            assert gini[key] in page, key

    def test_a_series_is_drawn_and_told(self, anyone: httpx.Client) -> None:
        path = "/pulse/metrics/period_downloads?source=made-up&by=month&window=all"
        page = anyone.get(path).text
        found = re.search(r'<img src="(/pulse/metrics/[^"]+)"', page)
        assert found
        picture = anyone.get(html.unescape(found[1]))
        assert picture.headers["content-type"].startswith("image/svg+xml")
        assert "sandbox" in picture.headers["content-security-policy"]
        assert "synthetic data" in picture.text
        assert "2026-02" in picture.text
        dark = re.search(r'media="screen and [^"]*dark[^"]*" srcset="([^"]+)"', page)
        assert dark
        other = anyone.get(html.unescape(dark[1])).text
        assert other != picture.text
        assert set(re.findall(r">([^<]+)</text>", other)) == set(
            re.findall(r">([^<]+)</text>", picture.text)
        )
        assert anyone.get(f"{html.unescape(found[1])}&theme=../x").status_code == 400
        assert "2026-02-01..2026-02-28" in page

    def test_all_have_a_page(self, anyone: httpx.Client) -> None:
        index = anyone.get("/pulse/metrics").text
        for it in anyone.get("/api/pulse/metrics").json():
            assert f'href="/pulse/metrics/{it["metric"]}"' in index


def test_claims(anyone: httpx.Client) -> None:
    told = anyone.get("/api/pulse/claims?source=made-up").json()
    page = anyone.get("/pulse/claims?source=made-up").text
    for verdict in ("reproduced", "differs", "undecidable", "ill-defined"):
        some = [it for it in told if it["verdict"] == verdict]
        only = anyone.get(f"/pulse/claims?source=made-up&verdict={verdict}").text
        assert only.count('<li class="claim"') == len(some)
        assert f"{verdict.capitalize()} {len(some)}<" in page
    for it in told:
        assert html.escape(it["text"], quote=False) in html.unescape(page) or it["text"] in page
        assert html.escape(it["definition"]) in page or it["definition"] in html.unescape(page)


class TestOwn:
    def test_nothing_private(self, hub: LiveHub, anyone: httpx.Client) -> None:
        for path in ("/pulse?source=own", "/pulse/metrics/new_repos?source=own&by=repo"):
            for client in (anyone, hub.client("alice")):
                text = client.get(path).text
                assert "alice/shut" not in text
                assert "alice/<wbr>shut" not in text

    def test_what_becomes_private_is_gone_at_once(self, hub: LiveHub, anyone: httpx.Client) -> None:
        with hub.client("alice") as alice:
            repo = new_repo(alice, unique("soon"))
            with open_parts(hub) as parts:
                parts.pulse.ingest()
            path = "/pulse/metrics/new_repos?source=own&by=author&window=all"
            before = made_by_alice(anyone, path)
            assert before > 1
            alice.put(f"/api/models/{repo}/settings", json={"private": True})
            assert made_by_alice(anyone, path) == before - 1
            assert "soon" not in anyone.get("/pulse?source=own").text


def made_by_alice(client: httpx.Client, path: str) -> int:
    """Whoever is told that others wait for numbers comes again."""
    until, answer = time.monotonic() + 60, client.get(path)
    while answer.status_code == 503 and time.monotonic() < until:
        time.sleep(0.5)
        answer = client.get(path)
    found = re.search(r"<bdi>alice</bdi>.*?<strong>(\d+)</strong>", answer.text)
    assert found, answer.text
    return int(found[1])


def test_before_anything_was_observed(tmp_path: Path) -> None:
    with live_hub(tmp_path) as hub, hub.client() as anyone:
        for path in ("/pulse", "/pulse/weekly", "/pulse/state", "/pulse/metrics",
                     "/pulse/metrics/downloads_gini", "/pulse/claims"):  # fmt: skip
            assert anyone.get(path).status_code == 200, path
        assert "hearthub pulse ingest" in anyone.get("/pulse").text


def test_pages_come_compressed_to_who_can(hub: LiveHub) -> None:
    with hub.client() as client:
        plain = client.get(STATE, headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers
        packed = client.get(STATE, headers={"Accept-Encoding": "gzip"})
        assert packed.headers["content-encoding"] == "gzip"
        assert int(packed.headers["content-length"]) < 40_000
        assert packed.text == plain.text
        refused = client.get(STATE, headers={"Accept-Encoding": "gzip;q=0, identity"})
        assert "content-encoding" not in refused.headers


def test_a_source_without_a_day_leads_to_what_there_is(anyone: httpx.Client) -> None:
    answer = anyone.get("/pulse/weekly/made-up?lang=ja")
    assert answer.status_code == 307
    assert answer.headers["location"] == "/pulse/weekly?lang=ja&source=made-up"
    assert (
        anyone.get("/pulse/state/made-up").headers["location"] == "/pulse/state/made-up/2026-03-16"
    )


def test_a_universe_goes_before_source_and_type(anyone: httpx.Client) -> None:
    text = anyone.get("/pulse?source=own&type=dataset&universe=model@made-up/recent-90").text
    assert "<code>model@made-up/recent-90</code>" in text
    links = re.findall(r'href="(/pulse\?[^"]*)"[^>]*>(?:Datasets|own)<', text)
    assert links
    assert not [it for it in links if "universe" in it]


def test_pictures_keep_the_shape_that_they_are_drawn_in(anyone: httpx.Client) -> None:
    months = "/pulse/metrics/period_downloads?source=made-up&by=month&window=all"
    seen = set()
    for path in (WEEK, STATE, months):
        for found in re.findall(r"<img [^>]*chart[^>]*>", anyone.get(path).text):
            src = html.unescape(re.search(r'src="([^"]*)"', found)[1])  # type: ignore[index]
            size = re.search(r'width="(\d+)" height="(\d+)"', found)
            assert size
            drawn = re.search(r'viewBox="0 0 (\d+) (\d+)"', anyone.get(src).text)
            assert drawn
            assert size.groups() == drawn.groups(), src
            seen.add(size.groups())
    assert len(seen) > 2


def test_the_sql_is_on_the_page(anyone: httpx.Client, hub: LiveHub) -> None:
    text = html.unescape(anyone.get("/pulse/metrics/downloads_gini?source=made-up").text)
    assert "create or replace temp table u as" in text
    assert "$source = 'made-up'" in text
    assert str(hub.data) not in text


class TestFeedOfAMetric:
    def test_has_the_value_of_its_page(self, anyone: httpx.Client) -> None:
        page = anyone.get("/pulse/metrics/downloads_gini?source=made-up").text
        found = re.search(
            r'type="application/atom.xml" title="downloads_gini" href="([^"]+)"', page
        )
        assert found
        path = html.unescape(found[1])
        answer = anyone.get(path)
        assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
        feed = fromstring(answer.content)
        entry, *before = feed.iter(f"{ATOM}entry")
        days = [it.findtext(f"{ATOM}updated", "") for it in (entry, *before)]
        assert len(days) <= 14
        assert days == sorted(set(days), reverse=True)
        asked = {"universe": "model@made-up/all"}
        [row] = anyone.get("/api/pulse/metrics/downloads_gini", params=asked).json()
        assert entry.findtext(f"{ATOM}updated") == f"{row['window_end']}T00:00:00Z"
        assert f"{row['value']:.4f}" in entry.findtext(f"{ATOM}title", "")
        assert entry.findtext(f"{ATOM}title", "").startswith("[synthetic] ")
        href = entry.find(f"{ATOM}link").attrib["href"]  # type: ignore[union-attr]
        assert anyone.get(href).status_code == 200
        known = {"If-None-Match": answer.headers["etag"]}
        assert anyone.get(path, headers=known).status_code == 304

    def test_names_of_strangers_are_text(self, anyone: httpx.Client) -> None:
        universe = {"universe": "model@evil/all"}
        answer = anyone.get("/pulse/metrics/share_licence/feed.atom", params=universe)
        assert fromstring(answer.content).find(f"{ATOM}entry") is not None
        assert "<i>" not in answer.text

    @pytest.mark.parametrize(
        ("path", "status"),
        [
            ("movers/feed.atom", 404),
            ("trending_hub/feed.atom", 404),
            ("%3Cx%3E/feed.atom", 404),
            ("downloads_gini/feed.atom?universe=nonsense%00", 400),
            (f"downloads_gini/feed.atom?universe={'x' * 200}", 400),
        ],
    )
    def test_refused(self, anyone: httpx.Client, path: str, status: int) -> None:
        assert anyone.get(f"/pulse/metrics/{path}").status_code == status
