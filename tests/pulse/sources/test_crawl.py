"""Another hub, read through its API: a real one, and one behind a proxy that fails."""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hearthub.errors import BadRequest, Conflict, UpstreamFailed
from hearthub.pulse.sources import crawl
from hearthub.pulse.sources.crawl import crawl_folder
from live import LiveHub
from mirror.proxy import (
    Answer,
    Proxy,
    cut,
    redirect,
    refuse,
    rewrite,
    wait_until,
    with_body,
    with_header,
)
from pulse.sources.conftest import DATASETS, MODELS, Command, Observer, summary

ALL = [f"alice/m{number:02}" for number in range(MODELS)]
LISTS = "/api/models"
pytestmark = pytest.mark.usefixtures("hasty")


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crawl, "LIMITS", (10, 5, 2))


def asked(upstream: Proxy, path: str = LISTS) -> int:
    return sum(path in seen.path for seen in upstream.seen)


def next_second(observer: Observer) -> None:
    """Two crawls that began in the same second are one observation."""
    (last,) = observer.rows("select max(observed_at) as t from snapshot")
    wait_until(lambda: datetime.now(UTC).replace(tzinfo=None) > last["t"] + timedelta(seconds=1))


def empty_page(upstream: Proxy, cursors: Iterator[Any]) -> Callable[[Answer], Answer]:
    """A page without a row, which says that there is another one."""

    def fault(answer: Answer) -> Answer:
        link = f'<{upstream.url}/api/models?cursor={next(cursors)}>; rel="next"'
        return Answer(200, {"Link": link}, b"[]")

    return fault


def test_it_works(full: LiveHub, observer: Observer) -> None:
    done = observer.ingest(full.url)
    assert (done.rows, done.repos, done.rejected) == (29, 29, 0)
    assert observer.ids() == ALL
    assert len(observer.ids("dataset")) == DATASETS
    assert observer.ids("space") == ["alice/s"]
    (found,) = observer.rows(
        "select s.license, s.languages, s.pipeline_tag, s.base_models, s.tags, c.likes, c.d_all, "
        "r.source, r.author from repo r join state s using (repo_id) "
        "join counter c using (repo_id) "
        "where r.id = 'alice/m00'"
    )
    assert "tiny" in found.pop("tags")
    assert found == {
        "license": "mit",
        "languages": ["en", "ja"],
        "pipeline_tag": "text-generation",
        "base_models": ["acme/base"],
        "likes": 1,
        "d_all": 0,
        "source": full.url.removeprefix("http://").replace(":", "-"),
        "author": "alice",
    }
    (told,) = observer.rows("select kind, origin, is_whole, type from snapshot")
    assert told == {
        "kind": "hub-api",
        "origin": full.url.removeprefix("http://"),
        "is_whole": True,
        "type": None,
    }
    assert observer.spool == []


@pytest.mark.usefixtures("small_pages")
def test_pages(upstream: Proxy, observer: Observer) -> None:
    assert observer.ingest(upstream.url).repos == 29
    assert asked(upstream) == 3


def test_the_same_again_on_the_same_day_adds_nothing(upstream: Proxy, observer: Observer) -> None:
    noon = datetime.now(UTC).replace(tzinfo=None, hour=12) - timedelta(days=2)
    first = observer.ingest(upstream.url, observed_at=noon)
    version = observer.parts.pulse.lake.version
    again = observer.ingest(upstream.url, observed_at=noon + timedelta(hours=1))
    assert (again.snapshot, again.is_new) == (first.snapshot, False)
    assert (again.rows, again.repos) == (first.rows, first.repos)
    assert observer.parts.pulse.lake.version == version
    assert observer.spool == []
    # What has changed is another observation, also on the same day; and so is what was before.
    upstream.on("/api/datasets", rewrite(lambda rows: [{**row, "likes": 9} for row in rows]))
    assert observer.ingest(upstream.url, observed_at=noon + timedelta(hours=2)).is_new
    assert observer.ingest(upstream.url, observed_at=noon + timedelta(hours=3)).is_new
    assert not observer.ingest(upstream.url, observed_at=noon + timedelta(hours=4)).is_new
    # That nothing changed by the next day is worth knowing: all were there, and counters stood.
    tomorrow = noon + timedelta(days=1)
    assert observer.ingest(upstream.url, observed_at=tomorrow).is_new
    (seen,) = observer.rows("select distinct last_seen from repo where removed_at is null")
    assert seen["last_seen"] == tomorrow
    found = observer.rows('select count(*) as n from counter where "at" = $at', at=tomorrow)
    assert found == [{"n": 0}]


@pytest.mark.usefixtures("small_pages")
def test_a_second_crawl_tells_what_has_changed(
    full: LiveHub, upstream: Proxy, observer: Observer
) -> None:
    observer.ingest(upstream.url)
    one_gone = rewrite(lambda rows: [row for row in rows if row["id"] != "alice/m07"])
    more = rewrite(lambda rows: [{**row, "likes": 9} for row in rows])
    upstream.on("/api/models.*cursor", one_gone, times=9)
    upstream.on("/api/datasets", more, times=9)
    next_second(observer)
    observer.ingest(upstream.url)
    assert observer.ids() == [name for name in ALL if name != "alice/m07"]
    found = observer.rows(
        "select r.type, count(*) as n from counter c join repo r using (repo_id) group by r.type "
        "order by r.type"
    )
    assert [row["n"] for row in found] == [2 * DATASETS, MODELS, 1]


def test_private_repos_are_not_observed_with_a_token(full: LiveHub, observer: Observer) -> None:
    observer.ingest(full.url, token=full.tokens["alice"])
    assert observer.ids() == ALL


def test_the_last_of_a_type_goes(full: LiveHub, upstream: Proxy, observer: Observer) -> None:
    observer.ingest(upstream.url)
    upstream.on("/api/spaces", with_body(b"[]"))
    next_second(observer)
    observer.ingest(upstream.url)
    assert observer.ids("space") == []
    assert observer.ids() == ALL


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize(
    "trouble",
    [
        refuse(429, Retry_After="1"),
        refuse(429, RateLimit='"api";r=0;t=1'),
        refuse(500),
        refuse(503),
        cut(100),
        with_body(b'[{"id": "alice/m00"'),
        with_body(b"<html>starting</html>"),
        with_body(b'{"error": "no list"}'),
    ],
)
def test_trouble_that_passes(
    upstream: Proxy, observer: Observer, trouble: Callable[[Answer], Answer]
) -> None:
    upstream.on("/api/models.*cursor", trouble, times=2)
    assert observer.ingest(upstream.url).rejected == 0
    assert observer.ids() == ALL


@pytest.mark.usefixtures("small_pages")
def test_a_hub_that_says_it_was_the_last_for_now(upstream: Proxy, observer: Observer) -> None:
    asked_at = []

    def last(answer: Answer) -> Answer:
        asked_at.append(time.monotonic())
        return with_header("RateLimit", f'"api";r={2 - len(asked_at)};t=2')(answer)

    upstream.on(LISTS, last, times=3)
    observer.ingest(upstream.url)
    assert asked_at[1] - asked_at[0] < 2 <= asked_at[2] - asked_at[1]
    assert observer.ids() == ALL


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("status", [400, 413, 504])
def test_smaller_pages(upstream: Proxy, observer: Observer, status: int) -> None:
    upstream.on("/api/models.*limit=(10|5)$", refuse(status), times=99)
    assert observer.ingest(upstream.url).rejected == 0
    assert observer.ids() == ALL
    assert asked(upstream, "limit=2") >= MODELS // 2


@pytest.mark.usefixtures("small_pages")
def test_trouble_that_stays_is_told_and_what_came_is_kept(
    upstream: Proxy, observer: Observer
) -> None:
    upstream.on("/api/models.*cursor", refuse(502), times=999)
    with pytest.raises(UpstreamFailed, match=r"answers 502 \(5 attempts\)"):
        observer.ingest(upstream.url)
    assert observer.rows("select * from snapshot") == []
    upstream.rules.clear()
    upstream.seen.clear()
    observer.ingest(upstream.url)
    assert asked(upstream) == 2, "the first page was asked for again"
    assert observer.ids() == ALL
    assert observer.spool == []


def test_a_pause_that_is_too_long(upstream: Proxy, observer: Observer) -> None:
    upstream.on(LISTS, refuse(429, Retry_After="86400"))
    with pytest.raises(UpstreamFailed, match="86400 seconds"):
        observer.ingest(upstream.url)


@pytest.mark.usefixtures("small_pages")
def test_pages_in_a_circle(upstream: Proxy, observer: Observer) -> None:
    upstream.on(LISTS, empty_page(upstream, iter("ab" * 99)), times=999)
    with pytest.raises(UpstreamFailed, match="in a circle"):
        observer.ingest(upstream.url)
    upstream.rules.clear()
    observer.ingest(upstream.url)
    assert observer.ids() == ALL


def test_pages_that_never_end(
    upstream: Proxy, observer: Observer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crawl, "MAX_EMPTY", 20)
    upstream.on(LISTS, empty_page(upstream, iter(range(99))), times=999)
    with pytest.raises(UpstreamFailed, match="always another page"):
        observer.ingest(upstream.url)


@pytest.mark.usefixtures("small_pages")
def test_a_repo_seen_twice_is_as_it_was_seen_last(upstream: Proxy, observer: Observer) -> None:
    def again(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [*rows, {**rows[0], "id": "alice/m24", "likes": 0, "downloads": 0, "tags": ["last"]}]

    upstream.on("/api/models.*cursor", rewrite(again))
    upstream.on("/api/models", rewrite(lambda rows: [{**row, "likes": 5} for row in rows]))
    done = observer.ingest(upstream.url)
    assert (done.repos, done.rejected) == (29, 0)
    (found,) = observer.rows(
        "select likes, tags from repo join state using (repo_id) join counter using (repo_id) "
        "where id = 'alice/m24'"
    )
    assert found == {"likes": 0, "tags": ["last"]}


def test_rows_that_are_none_are_counted(upstream: Proxy, observer: Observer) -> None:
    deep = json.loads("[" * 400 + "]" * 400)
    bad: list[Any] = [
        5,
        None,
        {"id": ["alice/x"]},
        {"id": "alice/negative", "likes": -1},
        {"id": "alice/huge", "downloads": 2**70},
        {"id": "alice/much", "likes": "many"},
        {"id": "alice/deep", "tags": deep},
        {"id": "alice/control\x00", "tags": []},
    ]
    upstream.on(LISTS, rewrite(lambda rows: [*rows, *bad]))
    done = observer.ingest(upstream.url)
    assert (done.repos, done.rejected) == (29, len(bad))
    assert observer.ids() == ALL


def test_half_characters_and_numbers_that_are_none(upstream: Proxy, observer: Observer) -> None:
    """What a stranger's card can bring into a hub's answer must not stop the crawl."""
    row = (
        b'[{"id": "alice/odd", "likes": 3, "trendingScore": NaN, "downloads": 1,'
        b'"tags": ["\\ud800 x", "nul\\u0000"],'
        b'"gguf": {"total": 1e999, "chat_template": "{{ 7 * 7 }}"}},'
        b'{"id": "alice/plain", "likes": 4}]'
    )
    upstream.on(LISTS, with_body(row))
    done = observer.ingest(upstream.url)
    assert observer.ids() == ["alice/odd", "alice/plain"]
    assert done.rejected == 0
    assert "{{" not in str(observer.rows("select * from state"))


def test_redirects_and_pages_of_others_are_refused(
    full: LiveHub, upstream: Proxy, observer: Observer
) -> None:
    upstream.on(LISTS, redirect(f"{full.url}/api/models"))
    with pytest.raises(UpstreamFailed, match="use that hub's address"):
        observer.ingest(upstream.url, token="hf_secret")
    upstream.on(LISTS, with_header("Link", f'<{full.url}/api/models?cursor=x>; rel="next"'))
    with pytest.raises(UpstreamFailed, match="use that hub's address"):
        observer.ingest(upstream.url)


def test_wrong_token_is_told_without_it(upstream: Proxy, observer: Observer) -> None:
    with pytest.raises(UpstreamFailed, match="Upstream refuses the list") as refused:
        observer.ingest(upstream.url, token="hf_wrong")
    assert "hf_wrong" not in str(refused.value)


def test_one_crawl_of_a_hub_at_a_time(full: LiveHub, observer: Observer) -> None:
    folder = crawl_folder(observer.parts.settings.data, full.url)
    with folder, pytest.raises(Conflict):
        observer.ingest(full.url)


def test_what_nobody_goes_on_with_is_removed(full: LiveHub, observer: Observer) -> None:
    data = observer.parts.settings.data
    with crawl_folder(data, "https://old.example.org") as old:
        pass
    with crawl_folder(data, "https://new.example.org") as new:
        pass
    week_ago = time.time() - 7 * 86_400 - 1
    os.utime(old, (week_ago, week_ago))
    observer.ingest(full.url)
    assert (old.exists(), new.exists()) == (False, True)


@pytest.mark.parametrize("address", ["http://", "https://user:pw@host", "https://host/?q=1"])
def test_malformed_addresses(observer: Observer, address: str) -> None:
    with pytest.raises(BadRequest):
        observer.ingest(address)


@pytest.mark.usefixtures("small_pages")
def test_an_old_crawl_begins_again(upstream: Proxy, observer: Observer) -> None:
    upstream.on("/api/models.*cursor", refuse(502), times=999)
    with pytest.raises(UpstreamFailed):
        observer.ingest(upstream.url)
    (state,) = (observer.parts.settings.data / "tmp").glob("pulse/crawl-*/state.json")
    told = json.loads(state.read_text())
    told["lists"]["model"]["started"] = "2026-01-01T00:00:00"
    state.write_text(json.dumps(told))
    upstream.rules.clear()
    upstream.seen.clear()
    observer.ingest(upstream.url)
    assert asked(upstream) == 3


@pytest.mark.usefixtures("small_pages")
def test_what_was_written_behind_the_last_page_is_cut_off(
    upstream: Proxy, observer: Observer
) -> None:
    upstream.on("/api/models.*cursor", refuse(502), times=999)
    with pytest.raises(UpstreamFailed):
        observer.ingest(upstream.url)
    (rows,) = (observer.parts.settings.data / "tmp").glob("pulse/crawl-*/model.ndjson")
    with rows.open("ab") as file:
        file.write(b'{"n": 11, "id": "alice/half"}\n' * 5000)
    upstream.rules.clear()
    assert observer.ingest(upstream.url).rejected == 0
    assert observer.ids() == ALL


@pytest.mark.usefixtures("small_pages")
def test_a_cursor_that_the_hub_has_forgotten(upstream: Proxy, observer: Observer) -> None:
    upstream.on("/api/models.*cursor", refuse(502), times=999)
    with pytest.raises(UpstreamFailed):
        observer.ingest(upstream.url)
    upstream.rules.clear()
    upstream.on("/api/models.*cursor", refuse(400), times=3)
    observer.ingest(upstream.url)
    assert observer.ids() == ALL


def test_kill_in_the_middle_and_go_on(
    upstream: Proxy, observer: Observer, command: Command
) -> None:
    shutil.rmtree(observer.parts.settings.data / "tmp" / "pulse", ignore_errors=True)
    # A page of the hub has a hundred rows at most: the lists of three types are three pages.
    upstream.on("/api/spaces", refuse(429, Retry_After="300"))
    process = command("ingest", upstream.url)
    wait_until(lambda: asked(upstream, "/api/spaces") > 0, 60)
    process.kill()
    process.communicate()
    assert {"model.ndjson", "dataset.ndjson", "state.json"} <= set(observer.spool)
    upstream.seen.clear()
    done = command("ingest", upstream.url)
    out, err = done.communicate(timeout=120)
    assert done.returncode == 0, err
    assert summary(out)["repos"] == 29
    assert [seen.path.split("?")[0] for seen in upstream.seen] == ["/api/spaces"]
    assert observer.spool == []


def test_the_token_goes_to_its_own_hub_alone(
    full: LiveHub, upstream: Proxy, command: Command
) -> None:
    token = full.tokens["alice"]
    for endpoint in (upstream.url, "https://hub.example.org"):
        upstream.seen.clear()
        process = command("ingest", upstream.url, HF_TOKEN=token, HF_ENDPOINT=endpoint)
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        sent = {seen.headers.get("authorization") for seen in upstream.seen}
        assert sent == ({f"Bearer {token}"} if endpoint == upstream.url else {None})
        assert token not in err
