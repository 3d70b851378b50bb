"""The observatory over HTTP: what rises, numbers, claims and sources, as JSON and CSV."""

import csv
import io
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.observatory import FORMULA, observing_hub, open_parts
from hearthub.accounts import Actor
from live import LiveHub, live_hub
from needs import needs_data
from pulse.lakes import history, panel, take, toml
from pulse.test_real_sources import RADAR

GINI = "/api/pulse/metrics/downloads_gini?universe=model@made-up"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    with observing_hub(tmp_path_factory.mktemp("observing")) as running:
        yield running


@pytest.fixture(scope="module")
def anyone(hub: LiveHub) -> Iterator[httpx.Client]:
    with hub.client() as client:
        yield client


def got(client: httpx.Client, path: str, **params: Any) -> Any:
    answer = client.get(path, params=params or None)
    assert answer.status_code == 200, answer.text
    return answer.json()


def lines(client: httpx.Client, path: str, **params: Any) -> list[dict[str, str]]:
    answer = client.get(path, params=params | {"format": "csv"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.text)))


class TestTrending:
    def test_it_works(self, anyone: httpx.Client) -> None:
        found = got(anyone, "/api/pulse/trending", limit=2)
        assert (found["universe"], found["source"]) == ("model@made-up/all", "made-up")
        assert found["synthetic"] is True
        assert found["at"].endswith("Z")
        assert found["rows"][0]["id"] == "cn/rocket"
        assert found["rows"][0]["rank"] == 1

    def test_csv_says_in_each_row_that_it_is_made_up(self, anyone: httpx.Client) -> None:
        found = lines(anyone, "/api/pulse/trending", limit=3)
        assert found[0]["id"] == "cn/rocket"
        assert {row["synthetic"] for row in found} == {"true"}

    @pytest.mark.parametrize(
        ("query", "status"),
        [
            ("type=paper", 400), ("sort=best", 400), ("limit=0", 400), ("limit=201", 400),
            ("universe=model@nobody", 404), ("universe=model@x'--", 400), ("format=xml", 400),
            ("type=dataset", 404),
        ],
    )  # fmt: skip
    def test_malformed_and_missing(self, anyone: httpx.Client, query: str, status: int) -> None:
        assert_refused(anyone, f"/api/pulse/trending?{query}", status)


def assert_refused(client: httpx.Client, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]


class TestMetrics:
    def test_the_list(self, anyone: httpx.Client) -> None:
        found = {each["metric"]: each for each in got(anyone, "/api/pulse/metrics")}
        assert found["downloads_gini"]["definition"]
        assert {row["metric"] for row in lines(anyone, "/api/pulse/metrics")} == set(found)

    def test_a_number(self, anyone: httpx.Client) -> None:
        (row,) = got(anyone, GINI)
        assert 0 < row["value"] < 1
        assert (row["source"], row["synthetic"]) == ("made-up", True)
        assert row["snapshots"]

    def test_by_and_window(self, anyone: httpx.Client) -> None:
        found = got(anyone, "/api/pulse/metrics/share_size_class", universe="model@made-up",
                    window="2026-W10")  # fmt: skip
        assert {row["window_end"] for row in found} == {"2026-03-08"}
        assert sum(row["value"] for row in found) == pytest.approx(1)
        by = got(anyone, "/api/pulse/metrics/share_size_class", universe="model@made-up",
                 window="2026-W10", by="licence_class")  # fmt: skip
        assert len(by) > len(found)

    def test_csv_has_the_same_rows(self, anyone: httpx.Client) -> None:
        (row,), (line,) = got(anyone, GINI), lines(anyone, "/api/pulse/metrics/downloads_gini",
                                                   universe="model@made-up")  # fmt: skip
        assert float(line["value"]) == row["value"]
        assert line["synthetic"] == "true"
        assert line["snapshots"] == " ".join(row["snapshots"])

    def test_csv_by_accept(self, anyone: httpx.Client) -> None:
        for accept, expected in (
            ("text/csv", "text/csv; charset=utf-8"),
            ("text/csv, application/json", "application/json"),
            ("*/*", "application/json"),
        ):
            answer = anyone.get(GINI, headers={"Accept": accept})
            assert answer.headers["content-type"] == expected
            assert "Accept" in answer.headers["vary"]

    @pytest.mark.parametrize(
        ("path", "status"),
        [
            ("nothing", 404),
            ("downloads_gini?universe=model@nobody", 404),
            ("downloads_gini?universe=model@x'--", 400),
            ("downloads_gini?universe=dataset@made-up", 404),
            ("downloads_gini?universe=model@made-up&by=colour", 400),
            ("downloads_gini?universe=model@made-up&window=2999", 400),
            ("downloads_gini?universe=model@made-up&window=%00", 400),
            ("downloads_gini?universe=" + "x" * 5000, 400),
            ("%2e%2e%2fsecret", 404),
            ("%ff", 404),
            ("downloads_gini/more", 404),
        ],
    )
    def test_malformed_and_missing(self, anyone: httpx.Client, path: str, status: int) -> None:
        assert_refused(anyone, f"/api/pulse/metrics/{path}", status)

    def test_a_wrong_token_is_no_token(self, hub: LiveHub) -> None:
        with hub.client(token="hf_wrong") as client:
            assert client.get(GINI).status_code == 401

    def test_sql_is_not_served(self, anyone: httpx.Client) -> None:
        for method in ("GET", "POST"):
            assert anyone.request(method, "/api/pulse/sql?sql=select+1").status_code in (404, 405)


class TestNames:
    """Each answer has a name, until what it was made of changes."""

    def test_the_same_is_not_sent_twice(self, anyone: httpx.Client) -> None:
        first = anyone.get(GINI)
        etag = first.headers["etag"]
        assert etag.startswith('"')
        assert first.headers["cache-control"] == "public, no-cache"
        again = anyone.get(GINI, headers={"If-None-Match": f'"other", {etag}'})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == etag

    def test_other_questions_have_other_names(self, anyone: httpx.Client) -> None:
        paths = (GINI, f"{GINI}&window=7d", f"{GINI}&format=csv", "/api/pulse/sources")
        assert len({anyone.get(path).headers["etag"] for path in paths}) == len(paths)

    def test_a_changed_lake_has_other_names(
        self, hub: LiveHub, anyone: httpx.Client, tmp_path: Any
    ) -> None:
        etag = anyone.get(GINI).headers["etag"]
        with open_parts(hub) as parts:
            rows = [{"id": "x/y", "observed_at": "2026-01-01", "likes": 1}]
            panel(parts.pulse.lake, tmp_path, rows, source="more")
        answer = anyone.get(GINI, headers={"If-None-Match": etag})
        assert answer.status_code == 200
        assert answer.headers["etag"] != etag


class TestClaims:
    def test_it_works(self, anyone: httpx.Client) -> None:
        found = got(anyone, "/api/pulse/claims", source="made-up")
        assert len(found) >= 25
        assert all(each["why"] and each["source"] for each in found)
        judged = [each for each in found if each["found"]]
        assert judged
        assert all(each["synthetic"] for each in judged)
        flat = lines(anyone, "/api/pulse/claims", source="made-up")
        assert [row["claim"] for row in flat] == [each["claim"] for each in found]

    def test_missing(self, anyone: httpx.Client) -> None:
        assert_refused(anyone, "/api/pulse/claims?source=nobody", 404)
        assert_refused(anyone, "/api/pulse/claims?source=x'--", 404)


def test_sources(anyone: httpx.Client) -> None:
    found = {each["source"]: each for each in got(anyone, "/api/pulse/sources")}
    assert found["made-up"] == {
        "source": "made-up",
        "licence": "CC0-1.0",
        "attribution": None,
        "synthetic": True,
        "redistributable": True,
    }
    assert found["own"]["synthetic"] is False


def test_csv_of_strangers_is_no_formula(hub: LiveHub, anyone: httpx.Client, tmp_path: Any) -> None:
    with open_parts(hub) as parts:
        seen = [datetime(2026, 1, day) for day in (1, 8)]
        rows = [{"id": FORMULA, "created_at": "2026-01-01", "observed_at": at.isoformat(),
                 "likes": 50 * at.day, "downloads_all": at.day, "license": "@SUM(A1)"}
                for at in seen]  # fmt: skip
        panel(parts.pulse.lake, tmp_path, rows, source="hostile")
    query = {"universe": "model@hostile", "window": "30d"}
    (row,) = lines(anyone, "/api/pulse/trending", universe="model@hostile")
    assert row["id"] == f"'{FORMULA}"
    licences = lines(anyone, "/api/pulse/metrics/share_licence", by="licence", **query)
    assert licences
    assert not [row for row in licences if row["dimension"].startswith(("=", "+", "-", "@"))]


def test_what_may_not_be_passed_on_is_no_file(
    hub: LiveHub, anyone: httpx.Client, tmp_path: Any
) -> None:
    with open_parts(hub) as parts:
        rows = history({"a/b": 3})
        panel(
            parts.pulse.lake,
            tmp_path,
            rows,
            source="closed",
            redistributable=False,
            attribution="The Closed Ones",
        )
    of_one = "/api/pulse/metrics/trending_hub?universe=model@closed"
    for path in ("/api/pulse/trending?universe=model@closed", of_one):
        for form in ("json", "csv"):
            assert_refused(anyone, f"{path}&format={form}", 403)
    # What is not about one repo is no row of the source.
    for path in ("metrics/downloads_gini?universe=model@closed", "claims?source=closed"):
        for form in ("json", "csv"):
            assert anyone.get(f"/api/pulse/{path}&format={form}").status_code == 200
    page = anyone.get("/pulse?source=closed")
    assert page.status_code == 200
    metric = anyone.get("/pulse/metrics/trending_hub?source=closed")
    whole = anyone.get("/pulse/metrics/downloads_gini?source=closed")
    for found, is_linked in ((page, False), (metric, False), (whole, True)):
        assert ("may not be passed on" not in found.text) == is_linked
        assert ("format=csv" in found.text) == is_linked
        assert "The Closed Ones" in found.text


def test_what_takes_too_long(tmp_path: Path) -> None:
    """The claims over 29,000 models take seconds."""
    terms = {"source": "radar", "licence": "CC-BY-4.0"}
    path = needs_data("radar/models_latest.parquet")
    with live_hub(tmp_path, min_free=0, max_pulse_seconds=1) as slow, slow.client() as anyone:
        with open_parts(slow) as parts:
            take(parts.pulse.lake, path, toml(tmp_path, RADAR, **terms))
        started = time.monotonic()
        answer = anyone.get("/api/pulse/claims?source=radar")
        assert time.monotonic() - started < 5
        assert answer.status_code == 503
        assert "shorter window" in answer.json()["error"]
        assert int(answer.headers["retry-after"]) > 0
        assert "etag" not in answer.headers
        assert anyone.get("/api/pulse/sources").status_code == 200


class TestWithdrawn:
    """What is private by now is told of nowhere, though the lake has not heard."""

    PATH = "/api/pulse/metrics/newcomers?universe=model@own&by=repo"

    def test_own_numbers_are_of_public_repos(self, anyone: httpx.Client) -> None:
        (row,) = got(anyone, "/api/pulse/metrics/period_downloads?universe=model@own&window=all")
        assert row["n"] <= 2
        ids = [row["id"] for row in got(anyone, "/api/pulse/trending?universe=model@own")["rows"]]
        assert "alice/shut" not in ids

    def test_a_repo_that_becomes_private(self, hub: LiveHub, anyone: httpx.Client) -> None:
        path = "/api/pulse/metrics/new_repos?universe=model@own&window=all"
        before, first = got(anyone, path), anyone.get(path)
        hub.stop()
        with open_parts(hub) as parts:  # no worker runs
            root = Actor(user_id=1, is_admin=True, can_write=True)
            parts.registry.change_settings(root, "model", "alice/later", visibility="private")
            # So long that the worker of the hub that starts does not do it in this test.
            parts.db.execute(
                "update job set run_at = run_at + 600000 where name = 'pulse.withdraw'"
            )
        hub.start()
        answer = anyone.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert "etag" not in answer.headers
        assert answer.json()[0]["value"] == before[0]["value"] - 1
