"""This hub itself: figures are what was done, and only of what is public now."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from calls import commit, new_repo, put
from hearthub.accounts import Actor
from hearthub.app import open_hub
from hearthub.clock import now_ms
from hearthub.context import Hub
from hearthub.errors import BadRequest
from hearthub.lake import Lake, Session
from hearthub.pulse import TABLES, Pulse
from hearthub.pulse.framing import open_frame
from hearthub.settings import Settings
from live import LiveHub, live_hub
from mirror.proxy import wait_until
from pulse.sources.conftest import summary

DAY_MS = 86_400_000
CI = "unknown/None; hf_hub/2.4.0; python/3.12.3; is_ci/true"
ADDRESS = "203.0.113.{}"
CONFIG = put("config.json", b'{"model_type": "llama"}')


@pytest.fixture
def own(tmp_path: Path) -> Iterator[LiveHub]:
    with live_hub(tmp_path / "own", min_free=0) as running:
        yield running


def load(own: LiveHub, name: str, people: int, agent: str = "curl/8") -> None:
    with own.client("alice") as client:
        for number in range(people):
            answer = client.get(
                f"/{name}/resolve/main/config.json",
                headers={"X-Forwarded-For": ADDRESS.format(number), "User-Agent": agent},
            )
            assert answer.status_code == 200


def written(own: LiveHub) -> int:
    with closing(sqlite3.connect(own.data / "hearthub.db")) as db:
        return int(db.execute("select coalesce(sum(downloads), 0) from download_day").fetchone()[0])


def a_day_later(own: LiveHub, days: int = 1) -> None:
    """All that happened was so many days ago. The hub must not run."""
    with closing(sqlite3.connect(own.data / "hearthub.db")) as db, db:
        for table in ("download_day", "downloader_day", "day_salt"):
            db.execute(f"update {table} set day = day - {days}")
        db.execute(f"update repo_like set created = created - {days * DAY_MS}")
        db.execute(f"update repo set created = created - {days * DAY_MS}")


@pytest.fixture
def names(own: LiveHub) -> dict[str, str]:
    """Repos with 7 downloads (4 by machines) and two likes; 3 downloads; and 5 of a private one."""
    with own.client("alice") as alice:
        made = {name: new_repo(alice, name) for name in ("much", "little")}
        made["hidden"] = new_repo(alice, "hidden", private=True)
        made["data"] = new_repo(alice, "data", type="dataset")
        for name in ("much", "little", "hidden"):
            commit(alice, made[name], CONFIG)
    load(own, made["much"], 6)
    load(own, made["much"], 4, CI)
    load(own, made["little"], 3)
    load(own, made["hidden"], 5)
    for user in ("bob", "charlie"):
        with own.client(user) as client:
            client.post(f"/api/models/{made['much']}/like").raise_for_status()
    wait_until(lambda: written(own) == 18)
    own.settle()
    return made


def table(hub: Hub, sql: str) -> list[tuple[Any, ...]]:
    with hub.pulse.lake.reading() as session:
        return [tuple(row.values()) for row in session.rows(sql)]


COUNTERS = """select r.id, c."at"::date - current_date as day, c.d30, c.d_all, c.likes, c.trending
from counter c join repo r using (repo_id) where r.type = 'model' order by r.id, c."at" """


def test_it_works(own: LiveHub, names: dict[str, str]) -> None:
    with open_hub(Settings(data=own.data)) as hub:
        done = hub.pulse.ingest()
        assert (done.rows, done.repos, done.rejected) == (3, 3, 0)
        assert table(hub, COUNTERS) == [
            ("alice/little", 0, 3, 3, 0, 0.0),
            ("alice/much", 0, 10, 10, 2, 2.0),
        ]
        assert table(hub, "select * from own_day") == [], "the day is not over"
        hub.jobs.add("pulse.own", {}, key="now")
        hub.jobs.run_due()  # or the hub itself does it
        wait_until(lambda: table(hub, "select count(*) from snapshot where rows > 0") == [(2,)])
        assert len(table(hub, COUNTERS)) == 2, "nothing has changed"


def test_days_that_are_over(own: LiveHub, names: dict[str, str]) -> None:
    own.stop()
    a_day_later(own, 2)
    with open_hub(Settings(data=own.data)) as hub:
        hub.pulse.ingest()
        assert table(hub, COUNTERS) == [
            ("alice/little", -2, 3, 3, 0, 0.0),
            ("alice/much", -2, 10, 10, 2, 2.0),
        ]
        days = """select id, day - current_date, downloads, ci_downloads, downloaders
            from own_day join repo using (repo_id) order by id"""
        expected = [("alice/little", -2, 3, 0, None), ("alice/much", -2, 10, 4, 6)]
        assert table(hub, days) == expected
        hub.pulse.ingest()
        assert table(hub, days) == expected
        assert len(table(hub, COUNTERS)) == 2


def test_downloads_and_likes_that_leave_their_windows(own: LiveHub, names: dict[str, str]) -> None:
    own.stop()
    a_day_later(own, 40)
    with open_hub(Settings(data=own.data)) as hub:
        hub.pulse.ingest()
        assert table(hub, COUNTERS) == [
            ("alice/little", -40, 3, 3, 0, 0.0),
            ("alice/little", -10, 0, 3, 0, 0.0),
            ("alice/much", -40, 10, 10, 2, 2.0),
            ("alice/much", -33, 10, 10, 2, 0.0),
            ("alice/much", -10, 0, 10, 2, 0.0),
        ]


AT_ENDS = """
with ends as (
  select id, repo_id, day::date + interval 86399 second as "end"
  from repo, generate_series(current_date - interval 45 day, current_date - interval 1 day,
    interval 1 day) t(day)
  where type = 'model'
)
select id, "end", d30, d_all, likes, trending
from ends e asof left join counter c on c.repo_id = e.repo_id and c."at" <= e."end"
order by id, "end" """


def test_day_after_day_tells_what_all_days_at_once_tell(
    own: LiveHub, names: dict[str, str], tmp_path: Path
) -> None:
    own.stop()
    a_day_later(own, 42)
    with open_hub(Settings(data=own.data)) as hub:
        much = hub.registry.repo(Actor(), "model", names["much"])
        downloads, today = hub.catalogue.downloads, now_ms()
        for ago in (41, 40, 38, 9, 7, 0):
            downloads._clock = lambda ago=ago: today - ago * DAY_MS  # type: ignore[misc]
            hub.pulse.ingest()
            for caller in range(ago):
                downloads.note(much.id, "model", "config.json", f"192.0.2.{caller}", CI)
        other = Lake(tmp_path / "other", TABLES, hub.sandbox)
        at_once = Pulse(
            other,
            hub.settings,
            hub.registry,
            hub.catalogue,
            hub.community,
            hub.jobs,
            hub.pulse.charts,
        )
        at_once.ingest()
        with other.reading() as session:
            expected = [tuple(row.values()) for row in session.rows(AT_ENDS)]
            days = "select day, downloads, ci_downloads, downloaders from own_day order by all"
            of_days = [tuple(row.values()) for row in session.rows(days)]
        assert table(hub, AT_ENDS) == expected
        assert max(row[3] for row in expected if row[3]) == 10 + 41 + 40 + 38 + 9 + 7
        assert table(hub, days) == of_days
        assert of_days[2][1:] == (41, 41, 41)


def public_ids(hub: Hub) -> list[str]:
    found = table(
        hub, "select id from repo where removed_at is null and type = 'model' order by id"
    )
    return [row[0] for row in found]


def test_what_becomes_private_is_withdrawn_at_once(own: LiveHub, names: dict[str, str]) -> None:
    with open_hub(Settings(data=own.data)) as hub, own.client("alice") as alice:
        hub.pulse.ingest()
        assert tells_of(hub) == public_ids(hub) == ["alice/little", "alice/much"]
        answer = alice.put(f"/api/models/{names['much']}/settings", json={"private": True})
        answer.raise_for_status()
        wait_until(lambda: public_ids(hub) == ["alice/little"])
        body = {"type": "model", "organization": "alice", "name": "little"}
        alice.request("DELETE", "/api/repos/delete", json=body).raise_for_status()
        wait_until(lambda: public_ids(hub) == [])
        assert tells_of(hub) == []


def tells_of(hub: Hub) -> list[str]:
    """The repos that a metric of a long window is about."""
    with hub.pulse.reading() as session:
        open_frame(session, "model@own", "all")
        return [row["id"] for row in session.rows("select id from u order by id")]


@contextmanager
def about_to_withdraw(own: LiveHub, repo: str) -> Iterator[Hub]:
    """The repo was taken in and is private since; no worker runs."""
    own.stop()
    with open_hub(Settings(data=own.data)) as hub:
        hub.pulse.ingest()
        root = Actor(user_id=1, is_admin=True, can_write=True)
        hub.registry.change_settings(root, "model", repo, visibility="private")
        yield hub


def test_what_is_private_is_not_told_of_while_the_job_waits(
    own: LiveHub, names: dict[str, str]
) -> None:
    with about_to_withdraw(own, names["much"]) as hub:
        assert public_ids(hub) == ["alice/little", "alice/much"], "no worker runs"
        assert tells_of(hub) == ["alice/little"]
        hub.jobs.run_due()
        assert public_ids(hub) == tells_of(hub) == ["alice/little"]
        assert not hub.jobs.is_under_way("pulse.withdraw", "changed")


def test_the_job_may_end_while_a_session_is_opened(
    own: LiveHub, names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with about_to_withdraw(own, names["much"]) as hub:
        opened = hub.pulse.lake.reading

        def then_the_job_runs() -> Session:
            session = opened()
            monkeypatch.undo()
            hub.jobs.run_due()
            assert not hub.jobs.is_under_way("pulse.withdraw", "changed")
            return session

        monkeypatch.setattr(hub.pulse.lake, "reading", then_the_job_runs)
        assert tells_of(hub) == ["alice/little"]


def test_the_command(own: LiveHub, names: dict[str, str]) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "hearthub", "pulse", "ingest", "--data", str(own.data)],
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    told = summary(ran.stdout)
    assert (told["rows"], told["repos"], told["rejected"]) == (3, 3, 0)


def test_what_becomes_public_brings_its_history(own: LiveHub, names: dict[str, str]) -> None:
    with open_hub(Settings(data=own.data)) as hub, own.client("alice") as alice:
        hub.pulse.ingest()
        answer = alice.put(f"/api/models/{names['hidden']}/settings", json={"private": False})
        answer.raise_for_status()
    own.stop()
    a_day_later(own, 3)
    with open_hub(Settings(data=own.data)) as hub:
        hub.pulse.ingest()
        found = [row for row in table(hub, COUNTERS) if row[0] == "alice/hidden"]
        assert found == [("alice/hidden", -3, 5, 5, 0, 0.0)]


def test_no_address_is_stored(own: LiveHub, names: dict[str, str]) -> None:
    own.stop()
    a_day_later(own)
    with open_hub(Settings(data=own.data)) as hub:
        hub.pulse.ingest()
    needle = ADDRESS.format("").encode()
    found = [path for path in own.data.rglob("*") if path.is_file() and needle in path.read_bytes()]
    assert found == []


def test_a_file_is_not_this_hub(own: LiveHub) -> None:
    with open_hub(Settings(data=own.data)) as hub, pytest.raises(BadRequest):
        hub.pulse.ingest("x.csv", kind="own")


def test_who_downloads(own: LiveHub, names: dict[str, str]) -> None:
    """10 downloads of `much`, by 6 people, 4 of them by machines; 3 of `little` by too few."""
    own.stop()
    a_day_later(own, 2)
    with open_hub(Settings(data=own.data)) as hub:
        hub.pulse.ingest()
    own.start()
    with own.client() as anyone:

        def asked(metric: str, **more: str) -> list[dict[str, Any]]:
            answer = anyone.get(f"/api/pulse/metrics/{metric}", params={"window": "all", **more})
            assert answer.status_code == 200, answer.text
            found: list[dict[str, Any]] = answer.json()
            return found

        (people,), (machines,) = asked("unique_downloaders"), asked("share_ci")
        assert people["universe"] == machines["universe"] == "model@own/all"
        assert [people[key] for key in ("value", "lo", "hi", "n", "coverage")] == [6, 6, 9, 1, 0.5]
        assert (machines["value"], machines["numerator"], machines["denominator"]) == (
            pytest.approx(4 / 13), 4, 13)  # fmt: skip
        by = {row["dimension"]: row for row in asked("unique_downloaders", by="repo")}
        # Too few to be told: unknown is not nought.
        assert by["alice/little"]["value"] is None
        assert (by["alice/little"]["lo"], by["alice/little"]["hi"]) == (0, 3)
        assert by["alice/much"]["value"] == 6
        shares = {row["dimension"]: row["value"] for row in asked("share_ci", by="repo")}
        assert shares == {"alice/much": 0.4, "alice/little": 0}
        (day,) = asked("share_ci", by="day")
        assert day["window_start"] == day["window_end"]
        assert "hidden" not in str(by)
        page = anyone.get("/pulse/metrics/unique_downloaders?window=all").text
        assert "model@own/all" in page
        assert asked("share_ci", window="7d", universe="dataset@own")[0]["value"] is None


ALIASES = """select old_id, new_id, r.id from alias join repo r using (repo_id) order by new_id"""


def renamed(own: LiveHub, source: str, target: str, kind: str = "model") -> None:
    with own.client("alice") as alice:
        body = {"fromRepo": source, "toRepo": target, "type": kind}
        alice.post("/api/repos/move", json=body).raise_for_status()
    own.settle()


@pytest.mark.parametrize("is_withdrawn_first", [True, False])
def test_a_rename_is_noted(own: LiveHub, names: dict[str, str], is_withdrawn_first: bool) -> None:
    own.stop()
    a_day_later(own, 3)
    with open_hub(Settings(data=own.data)) as hub:
        hub.pulse.ingest()
    own.start()
    renamed(own, names["hidden"], "alice/was-hidden")
    renamed(own, names["much"], "alice/renamed")
    own.stop()
    with open_hub(Settings(data=own.data)) as hub:
        if is_withdrawn_first:
            hub.pulse.withdraw({})
        hub.pulse.ingest()
        assert table(hub, ALIASES) == [("alice/much", "alice/renamed", "alice/renamed")]
        assert public_ids(hub) == ["alice/little", "alice/renamed"]
        # Its history is that of one repo, and nothing of it counts twice.
        (row,) = hub.pulse.metric("period_downloads", None, "model@own", "all")
        assert (row.value, row.n) == (13, 2)
        (people,) = hub.pulse.metric("unique_downloaders", None, "model@own", "all")
        assert people.value == 6
        assert tells_of(hub) == ["alice/little", "alice/renamed"]
        # A name that was never public is told of nowhere.
        root = Actor(user_id=1, is_admin=True, can_write=True)
        hub.registry.change_settings(root, "model", "alice/was-hidden", visibility="public")
        hub.pulse.ingest()
        assert "alice/hidden" not in str(table(hub, "select * from alias"))
        assert "alice/was-hidden" in public_ids(hub)


def test_other_facts_classify_what_is_here_anew(
    own: LiveHub, names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = """select facts_version, modality, count(*) from classified join repo using (repo_id)
        where source = 'own' and type = 'model' group by all"""
    with open_hub(Settings(data=own.data)) as hub:
        hub.pulse.ingest()
        (first,) = table(hub, asked)
        assert first[2] == 2
        monkeypatch.setattr("hearthub.pulse.classify.FACTS_VERSION", 99)
        hub.pulse.ingest()
        assert table(hub, asked) == [first], "nothing was told anew"
        hub.pulse.classify({})
        assert table(hub, asked) == [(99, *first[1:])]
