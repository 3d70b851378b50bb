"""The queue, with real worker threads and a real worker process that is killed."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hearthub import jobs as jobs_module
from hearthub import migrations
from hearthub.db import Database
from hearthub.errors import NotFound
from hearthub.jobs import MAX_ATTEMPTS, Jobs, Worker


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    db = Database.sqlite(tmp_path / "hearthub.db")
    migrations.upgrade(db, "main")
    yield db
    db.close()


@pytest.fixture
def jobs(db: Database) -> Jobs:
    return Jobs(db)


def until(condition: Callable[[], bool], timeout_s: float = 10) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def make_due(db: Database) -> None:
    db.execute("update job set run_at = 0 where state = 'waiting'")


def refuse(_payload: dict[str, object]) -> None:
    raise RuntimeError("no luck today")


def test_a_job_runs_with_its_payload(jobs: Jobs) -> None:
    seen: list[dict[str, object]] = []
    jobs.register("note", seen.append)
    jobs.add("note", {"repo": 7, "paths": ["a", "b"]})
    assert jobs.counts() == {"waiting": 1, "running": 0, "done": 0, "dead": 0}
    assert jobs.run_due() == 1
    assert seen == [{"repo": 7, "paths": ["a", "b"]}]
    assert jobs.counts()["done"] == 1


def test_an_unknown_job_cannot_be_added(jobs: Jobs) -> None:
    with pytest.raises(ValueError, match="no job is called 'nothing'"):
        jobs.add("nothing", {})


def test_two_jobs_cannot_share_a_name(jobs: Jobs) -> None:
    jobs.register("note", refuse)
    with pytest.raises(ValueError, match="two jobs"):
        jobs.register("note", refuse)


def test_one_job_waits_under_a_key(jobs: Jobs) -> None:
    seen: list[object] = []
    jobs.register("note", seen.append)
    jobs.register("other", seen.append)
    for _ in range(3):
        jobs.add("note", {"n": 1}, key="repo-1")
    jobs.add("note", {"n": 2}, key="repo-2")
    jobs.add("other", {"n": 3}, key="repo-1")  # a key is the name's own
    assert jobs.run_due() == 3


def test_adding_again_brings_a_waiting_job_forward(jobs: Jobs) -> None:
    seen: list[object] = []
    jobs.register("note", seen.append)
    jobs.add("note", {}, key="k", delay_s=3600)
    assert jobs.run_due() == 0
    jobs.add("note", {}, key="k", delay_s=7200)
    jobs.add("note", {}, key="k")
    jobs.add("note", {}, key="k", delay_s=3600)
    assert jobs.run_due() == 1
    assert jobs.counts()["waiting"] == 0


def test_a_job_is_queued_only_with_the_change(db: Database, jobs: Jobs) -> None:
    jobs.register("note", refuse)

    def change_and_fail() -> None:
        with db.transaction():
            jobs.add("note", {})
            raise KeyError

    with pytest.raises(KeyError):
        change_and_fail()
    assert jobs.counts()["waiting"] == 0


def test_a_running_job_may_have_one_successor_which_waits_for_it(jobs: Jobs) -> None:
    seen: list[str] = []

    def add_itself(payload: dict[str, object]) -> None:
        if not seen:
            jobs.add("note", {}, key="k")
            jobs.add("note", {}, key="k")
            assert jobs.counts()["waiting"] == 1
            assert jobs.claim(60) is None  # keys run one at a time
        seen.append("ran")

    jobs.register("note", add_itself)
    jobs.add("note", {}, key="k")
    assert jobs.run_due() == 2
    assert seen == ["ran", "ran"]


def test_a_failing_job_backs_off_then_dies_and_can_be_revived(db: Database, jobs: Jobs) -> None:
    jobs.register("fail", refuse)
    jobs.add("fail", {"n": 1}, key="k")
    waits = []
    for _ in range(MAX_ATTEMPTS - 1):
        assert jobs.run_due() == 1
        waits.append(db.value("select run_at from job where key = 'fail:k'") - time.time() * 1000)
        make_due(db)
    assert waits == sorted(waits)
    assert waits[0] > 3_000
    assert jobs.run_due() == 1
    assert jobs.counts() == {"waiting": 0, "running": 0, "done": 0, "dead": 1}
    [dead] = jobs.dead()
    assert "no luck today" in (dead.error or "")
    assert (dead.name, dead.payload, dead.attempts) == ("fail", {"n": 1}, MAX_ATTEMPTS)
    jobs.retry(dead.id)
    assert jobs.counts()["waiting"] == 1
    assert jobs.dead() == []


def test_reviving_what_already_waits_leaves_one(db: Database, jobs: Jobs) -> None:
    jobs.register("fail", refuse)
    jobs.add("fail", {}, key="k")
    db.execute("update job set state = 'dead'")
    jobs.add("fail", {}, key="k")
    jobs.retry(jobs.dead()[0].id)
    assert jobs.counts() == {"waiting": 1, "running": 0, "done": 0, "dead": 0}
    with pytest.raises(NotFound):
        jobs.retry(12345)


def test_a_failed_job_gives_way_to_its_successor(jobs: Jobs) -> None:
    def fail_once(payload: dict[str, object]) -> None:
        if not succeeded:
            succeeded.append(True)
            jobs.add("note", {}, key="k")
            raise RuntimeError

    succeeded: list[bool] = []
    jobs.register("note", fail_once)
    jobs.add("note", {}, key="k")
    assert jobs.run_due() == 2
    assert jobs.counts() == {"waiting": 0, "running": 0, "done": 2, "dead": 0}


def test_a_job_that_kills_each_worker_is_given_up(db: Database, jobs: Jobs) -> None:
    jobs.register("deadly", refuse)
    jobs.add("deadly", {})
    for _ in range(MAX_ATTEMPTS):
        assert jobs.claim(0) is not None  # and the worker is gone: the lease ends at once
        time.sleep(0.002)
    assert jobs.claim(0) is None
    assert "died" in (jobs.dead()[0].error or "")


def test_a_scheduled_job_keeps_one_waiting_row(db: Database, jobs: Jobs) -> None:
    seen: list[object] = []
    jobs.register("tick", seen.append, every_s=3600)

    def waiting() -> int:
        return int(db.value("select count(*) from job where name = 'tick' and state = 'waiting'"))

    jobs.schedule()
    jobs.schedule()
    assert waiting() == 1
    assert jobs.run_due() == 0  # the first time is one period from now
    make_due(db)
    jobs.run_due()
    assert seen == [{}]
    assert waiting() == 1


def test_a_scheduled_job_goes_on_after_it_died(db: Database, jobs: Jobs) -> None:
    jobs.register("tick", refuse, every_s=3600)
    jobs.schedule()
    db.execute("update job set attempts = :n where name = 'tick'", n=MAX_ATTEMPTS - 1)
    make_due(db)
    jobs.run_due()
    assert len(jobs.dead()) == 1
    assert db.value("select count(*) from job where name = 'tick' and state = 'waiting'") == 1


def test_a_worker_that_lost_its_lease_cannot_end_the_new_run(db: Database, jobs: Jobs) -> None:
    jobs.register("note", lambda payload: None)
    jobs.add("note", {})
    old = jobs.claim(0)
    time.sleep(0.002)
    new = jobs.claim(60)
    assert old is not None
    assert new is not None
    assert new.id == old.id
    assert not jobs.extend(old, 60)
    jobs.run(old)
    assert jobs.counts()["running"] == 1
    jobs.run(new)
    assert jobs.counts()["done"] == 1


def test_old_done_jobs_are_pruned(db: Database, jobs: Jobs) -> None:
    jobs.register("note", lambda payload: None)
    jobs.add("note", {})
    jobs.add("note", {})
    jobs.run_due()
    db.execute("update job set run_at = 1, finished = 1 where id = (select min(id) from job)")
    jobs.prune()
    assert jobs.counts()["done"] == 1


def test_a_worker_starts_added_jobs_at_once(
    db: Database, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs_module, "POLL_S", 60)
    ran = threading.Event()
    jobs.register("note", lambda payload: ran.set())
    worker = Worker(jobs)
    worker.start()
    time.sleep(0.2)  # let it fall asleep
    with db.transaction():
        jobs.add("note", {})
        assert not ran.wait(0.1)  # not before it is durable
    assert ran.wait(5)
    worker.stop()


def test_stop_waits_for_the_job_in_hand(jobs: Jobs) -> None:
    started, finished = threading.Event(), threading.Event()

    def slow(payload: dict[str, object]) -> None:
        started.set()
        time.sleep(0.3)
        finished.set()

    jobs.register("slow", slow)
    worker = Worker(jobs)
    worker.start()
    jobs.add("slow", {})
    assert started.wait(5)
    worker.stop()
    assert finished.is_set()
    assert jobs.counts()["done"] == 1


def test_heartbeats_keep_a_job_longer_than_its_lease(db: Database, jobs: Jobs) -> None:
    runs: list[float] = []

    def slow(payload: dict[str, object]) -> None:
        runs.append(time.monotonic())
        time.sleep(1.2)

    jobs.register("slow", slow)
    workers = [Worker(jobs, threads=1, lease_s=0.3) for _ in range(2)]
    jobs.add("slow", {})
    for worker in workers:
        worker.start()
    until(lambda: jobs.counts()["done"] == 1)
    for worker in workers:
        worker.stop()
    assert len(runs) == 1


# A second hub on the same folder. It writes what it does where the test can count it.
PROCESS = textwrap.dedent("""
    import os, sys, time
    from pathlib import Path
    from hearthub import jobs as jobs_module
    from hearthub.db import Database
    from hearthub.jobs import Jobs, Worker

    folder, mode = Path(sys.argv[1]), sys.argv[2]
    jobs_module.POLL_S = 0.05

    def work(payload):
        line = f"{payload['n']} {os.getpid()} begin {time.time_ns()}\\n"
        with open(folder / "effects", "a") as effects:
            effects.write(line)
        if mode == "hang":
            time.sleep(60)
        time.sleep(0.005)
        with open(folder / "effects", "a") as effects:
            effects.write(line.replace("begin", "end"))

    jobs = Jobs(Database.sqlite(folder / "hearthub.db"))
    jobs.register("work", work)
    worker = Worker(jobs, threads=2, lease_s=1)
    worker.start()
    print("ready", flush=True)
    while mode == "hang" or jobs.counts()["waiting"] > 1 or jobs.counts()["running"]:
        time.sleep(0.05)
    worker.stop()
""")


def spawn(folder: Path, mode: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PROCESS, str(folder), mode]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def effects(folder: Path) -> list[list[str]]:
    path = folder / "effects"
    return [line.split() for line in path.read_text().splitlines()] if path.exists() else []


def test_kill_9_in_the_middle_of_a_job(db: Database, jobs: Jobs, tmp_path: Path) -> None:
    jobs.register("work", refuse)  # only so that it may be added: the other process runs it
    jobs.add("work", {"n": 1}, key="one")
    victim = spawn(tmp_path, "hang")
    try:
        until(lambda: len(effects(tmp_path)) == 1)
    finally:
        os.kill(victim.pid, signal.SIGKILL)
        victim.communicate()
    assert jobs.counts()["running"] == 1
    rescuer = spawn(tmp_path, "work")
    rescuer.communicate(timeout=20)
    steps = [step for _, _, step, _ in effects(tmp_path)]
    assert steps == ["begin", "begin", "end"]  # once cut short, once to the end
    assert jobs.counts()["done"] == 1
    assert db.value("select attempts from job where key = 'work:one'") == 2


def test_two_processes_never_run_one_job_at_once(jobs: Jobs, tmp_path: Path) -> None:
    jobs.register("work", refuse)
    for number in range(60):
        jobs.add("work", {"n": number})
    processes = [spawn(tmp_path, "work") for _ in range(2)]
    for process in processes:
        process.communicate(timeout=20)
    rows = effects(tmp_path)
    for step in ("begin", "end"):
        assert sorted(int(row[0]) for row in rows if row[2] == step) == list(range(60))
    assert len({row[1] for row in rows}) == 2, "both processes took part"
    assert jobs.counts()["done"] == 60
