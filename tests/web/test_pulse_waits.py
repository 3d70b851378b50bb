"""Pages of the observatory whose numbers take longer than a page may: they say so, at once."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from hearthub.app import create_app, open_hub
from hearthub.context import Hub
from hearthub.settings import Settings
from pulse.lakes import history, panel
from pulse.report.conftest import made_up

METRIC = "/pulse/metrics/downloads_gini?source=made-up"
PAGES = ["/pulse/claims?source=made-up", METRIC, f"{METRIC}&window=7d"]
MORE = [{"id": "a/new", "likes": 1, "downloads_30d": 5, "observed_at": "2026-03-20T12:00:00"}]


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    folder = tmp_path_factory.mktemp("waits")
    with open_hub(Settings(data=folder, min_free=0)) as found:
        made_up(found.pulse.lake, folder)
        yield found


@pytest.fixture(scope="module")
def anyone(parts: Hub) -> TestClient:
    return TestClient(create_app(parts), base_url="http://127.0.0.1")


@contextmanager
def held(parts: Hub) -> Iterator[None]:
    """Somebody's long question is worked out."""
    with parts.pulse._asked._turn:
        yield


@pytest.mark.parametrize("page", PAGES)
def test_it_says_that_it_is_worked_out_then_has_it(
    parts: Hub, anyone: TestClient, page: str
) -> None:
    with held(parts):
        waiting = anyone.get(page)
        assert waiting.status_code == 202
        assert waiting.headers["refresh"] == waiting.headers["retry-after"] == "3"
        assert "This is being worked out" in waiting.text
        assert '<a href="">Look again</a>' in waiting.text
        assert "現在計算中" in anyone.get(f"{page}&lang=ja").text
    whole = once_there(anyone, page)
    assert "refresh" not in whole.headers
    assert "worked out" not in whole.text


def test_after_more_was_taken_in_the_last_answer_stays_with_its_date(
    parts: Hub, anyone: TestClient, tmp_path: Path
) -> None:
    for page in PAGES:
        once_there(anyone, page)
    panel(parts.pulse.lake, tmp_path, MORE, source="other")
    with held(parts):
        for page in PAGES:
            answer = anyone.get(page)
            assert answer.status_code == 200
            assert "more was observed since" in answer.text
    for page in PAGES:
        assert "more was observed since" not in once_there(anyone, page).text


def test_how_counters_went(parts: Hub, anyone: TestClient, tmp_path: Path) -> None:
    rows = history({"far/seen": 2.0}, last=5, license="mit")
    panel(parts.pulse.lake, tmp_path, rows, source="far", origin="far.example")
    parts.pulse.show({})
    with held(parts):
        waiting = anyone.get("/far/seen/history")
        assert (waiting.status_code, waiting.headers["refresh"]) == (202, "3")
        assert "This is being worked out" in waiting.text
        assert "Nobody told" not in waiting.text
    assert "Counters by day" in once_there(anyone, "/far/seen/history").text


def once_there(anyone: TestClient, page: str) -> httpx.Response:
    """Whole and of now, as somebody finds it who looks again."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        answer = anyone.get(page)
        if answer.status_code == 200 and "more was observed since" not in answer.text:
            return answer
        time.sleep(0.1)
    raise AssertionError(f"{page} never was there")
