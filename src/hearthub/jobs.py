"""The queue of derived work: a table in the same database, and the worker that empties it.

    add -> waiting -> running -> done            (pruned after a day)
              ^          |
              +- failed -+--> dead               (after MAX_ATTEMPTS, error kept, `retry` revives)

A job may run more than once (its worker can die after the work and before the note), so job
functions are idempotent. While its worker's heartbeat lives, no other worker takes a running job.
"""

import logging
import random
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import orjson

from hearthub.clock import now_ms
from hearthub.db import Database, DatabaseError, IntegrityError
from hearthub.errors import NotFound

MAX_ATTEMPTS = 8
LEASE_S = 60.0
POLL_S = 1.0
KEEP_DONE_S = 86_400
FIRST_BACKOFF_S = 5.0
LONGEST_BACKOFF_S = 3600.0
MAX_ERROR = 4_000  # characters of a traceback that are kept

Function = Callable[[dict[str, Any]], None]
log = logging.getLogger(__name__)

# Keys run one at a time: a successor waits until the running job of its key has ended.
_NEXT_WAITING = """
select w.id from job w
where w.state = 'waiting' and w.run_at <= :now and w.name in (:names)
  and not exists (select 1 from job r where r.key = w.key and r.state = 'running')
order by w.run_at, w.id limit 1"""
_NEXT_ABANDONED = """
select w.id from job w
where w.state = 'running' and w.lease_until < :now and w.name in (:names)
order by w.lease_until limit 1"""

_TAKE = (
    "update job set state = 'running', lease_until = :until, attempts = attempts + 1"
    " where id = ({}) returning id, name, payload, key, attempts"
)


@dataclass(frozen=True)
class Job:
    """One row of the queue. Times in ms."""

    id: int
    name: str
    payload: dict[str, Any]
    key: str
    attempts: int
    error: str | None = None
    created: int = 0
    finished: int | None = None


@dataclass(frozen=True)
class Queued:
    """A job that has not ended. `run_at` in ms; `error` of the attempt before, if one failed."""

    id: int
    name: str
    key: str
    state: str
    attempts: int
    run_at: int
    error: str | None


class Jobs:
    """What can run, and what shall."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._functions: dict[str, Function] = {}
        self._every_s: dict[str, float] = {}
        self._added = threading.Condition()
        self.additions = 0
        self.register("prune-jobs", lambda _payload: self.prune(), every_s=3600)

    def register(self, name: str, function: Function, every_s: float | None = None) -> None:
        """Name a job's function. With `every_s` it also runs by itself, with an empty payload."""
        if name in self._functions:
            raise ValueError(f"two jobs are called {name!r}")
        self._functions[name] = function
        if every_s is not None:
            self._every_s[name] = every_s

    def add(
        self, name: str, payload: Mapping[str, Any], key: str | None = None, delay_s: float = 0
    ) -> None:
        """Queue a job in the open transaction (or one of its own).

        At most one job of a name waits under a `key`: adding it again only brings it forward, so
        the payload must follow from the key. Without a key each call adds a job.
        """
        if name not in self._functions:
            raise ValueError(f"no job is called {name!r}")
        now = now_ms()
        # `do update` and not `do nothing`: on PostgreSQL it locks the waiting row until we commit,
        # so no worker can take it now and miss what this transaction is about to make visible.
        self._db.execute(
            "insert into job (name, payload, key, state, run_at, created)"
            " values (:name, :payload, :key, 'waiting', :run_at, :created)"
            " on conflict (key) where state = 'waiting' do update set run_at ="
            " case when excluded.run_at < job.run_at then excluded.run_at else job.run_at end",
            name=name,
            payload=orjson.dumps(dict(payload)).decode(),
            key=f"{name}:{uuid4().hex if key is None else key}",
            run_at=now + int(delay_s * 1000),
            created=now,
        )
        self._db.after_commit(self.wake)

    def counts(self) -> dict[str, int]:
        """How many jobs are in each state: waiting, running, done (the last day's), dead."""
        counts = dict.fromkeys(("waiting", "running", "done", "dead"), 0)
        for row in self._db.all("select state, count(*) as many from job group by state"):
            counts[row.state] = row.many
        return counts

    def is_under_way(self, name: str, key: str) -> bool:
        """Whether work that was added has not been done yet, or could not be."""
        found = self._db.value(
            "select count(*) from job where key = :key and state in ('waiting', 'running', 'dead')",
            key=f"{name}:{key}",
        )
        return bool(found)

    def dead(self) -> list[Job]:
        """Jobs that were given up, newest first, with the error of their last attempt."""
        rows = self._db.all(
            "select id, name, payload, key, attempts, error, created, finished from job"
            " where state = 'dead' order by finished desc, id desc limit 1000"
        )
        return [Job(**{**row._asdict(), "payload": orjson.loads(row.payload)}) for row in rows]

    def queued(self, limit: int = 100) -> list[Queued]:
        """Jobs that run or wait, in the order in which they are due."""
        rows = self._db.all(
            "select id, name, key, state, attempts, run_at, error from job"
            " where state in ('waiting', 'running') order by state, run_at, id limit :limit",
            limit=limit,
        )
        return [Queued(**row._asdict()) for row in rows]

    def retry(self, job_id: int) -> None:
        """Give a dead job all its attempts again. NotFound when there is none of this id."""
        try:
            revived = self._db.execute(
                "update job set state = 'waiting', attempts = 0, run_at = :now, finished = null"
                " where id = :id and state = 'dead'",
                id=job_id,
                now=now_ms(),
            )
        except IntegrityError:  # the same work waits already: nothing is left to revive
            revived = self._db.execute(
                "delete from job where id = :id and state = 'dead'", id=job_id
            )
        if not revived:
            raise NotFound(f"No dead job has the number {job_id}")
        self._db.after_commit(self.wake)

    def run_due(self) -> int:
        """Run, in this thread, every job that is due, and those they add; returns how many ran."""
        ran = 0
        while (job := self.claim(LEASE_S)) is not None:
            self.run(job)
            ran += 1
        return ran

    # What follows is for the worker.

    def schedule(self) -> None:
        """Make sure that each job with a period is waiting (or brought forward to one period)."""
        with self._db.transaction():
            for name in self._every_s:
                self._add_next(name)

    def claim(self, lease_s: float) -> Job | None:
        """Take the next due job for `lease_s` seconds, or None. Counts as an attempt."""
        for sql in (_NEXT_ABANDONED, _NEXT_WAITING):
            params = {"now": now_ms(), "names": list(self._functions)}
            # A look before the lock: an idle worker must not take SQLite's write lock each second.
            while self._db.one(sql, **params) is not None:
                job = self._take(sql, params, lease_s)
                if job is None:
                    break  # another worker was quicker
                if job.attempts <= MAX_ATTEMPTS:
                    return job
                self._bury(job, "Each worker that ran this job died or was stopped.")
        return None

    def run(self, job: Job) -> None:
        """Run a claimed job and note how it ended."""
        try:
            self._functions[job.name](job.payload)
        except Exception as error:  # noqa: BLE001 - a job may fail in any way; its row says how
            log.warning("job %s %s failed (attempt %d): %r", job.id, job.key, job.attempts, error)
            self._failed(job, "".join(traceback.format_exception(error))[-MAX_ERROR:])
        else:
            with self._db.transaction():
                self._note(job, "done", None)
                if job.name in self._every_s:
                    self._add_next(job.name)

    def extend(self, job: Job, lease_s: float) -> bool:
        """Keep a running job; False when it is no longer ours."""
        changed = self._db.execute(
            "update job set lease_until = :until"
            " where id = :id and state = 'running' and attempts = :attempts",
            until=now_ms() + int(lease_s * 1000),
            id=job.id,
            attempts=job.attempts,
        )
        return changed == 1

    def prune(self) -> None:
        """Forget jobs that were done more than a day ago."""
        self._db.execute(
            "delete from job where state = 'done' and run_at < :before and finished < :before",
            before=now_ms() - KEEP_DONE_S * 1000,
        )

    def wait(self, seen: int, timeout_s: float) -> None:
        """Return when jobs were added here since `additions` was `seen`, or after the timeout."""
        with self._added:
            self._added.wait_for(lambda: self.additions != seen, timeout_s)

    def wake(self) -> None:
        with self._added:
            self.additions += 1
            self._added.notify_all()

    def _add_next(self, name: str) -> None:
        self.add(name, {}, key="scheduled", delay_s=self._every_s[name])

    def _take(self, sql: str, params: Mapping[str, Any], lease_s: float) -> Job | None:
        lock = "" if self._db.is_sqlite else " for update of w skip locked"
        with self._db.transaction():
            row = self._db.one(
                _TAKE.format(sql + lock),
                until=now_ms() + int(lease_s * 1000),
                **params,
            )
        if row is None:
            return None
        return Job(row.id, row.name, orjson.loads(row.payload), row.key, row.attempts)

    def _failed(self, job: Job, error: str) -> None:
        if job.attempts >= MAX_ATTEMPTS:
            self._bury(job, error)
            return
        delay_s = min(FIRST_BACKOFF_S * 3 ** (job.attempts - 1), LONGEST_BACKOFF_S)
        try:
            self._db.execute(
                "update job set state = 'waiting', run_at = :run_at, error = :error"
                " where id = :id and state = 'running' and attempts = :attempts",
                run_at=now_ms() + int(delay_s * random.uniform(800, 1200)),
                error=error,
                id=job.id,
                attempts=job.attempts,
            )
        except IntegrityError:  # a successor waits under the same key and will do the same work
            self._note(job, "done", error)

    def _bury(self, job: Job, error: str) -> None:
        log.error("job %s %s is given up: %s", job.id, job.key, error)
        with self._db.transaction():
            self._note(job, "dead", error)
            if job.name in self._every_s:
                self._add_next(job.name)

    def _note(self, job: Job, state: str, error: str | None) -> None:
        # `attempts` is the fence: a worker that lost its lease must not end another one's run.
        self._db.execute(
            "update job set state = :state, error = :error, finished = :now, lease_until = null"
            " where id = :id and state = 'running' and attempts = :attempts",
            state=state,
            error=error,
            now=now_ms(),
            id=job.id,
            attempts=job.attempts,
        )


class Worker:
    """Threads that run jobs, and one that keeps their leases. Several processes may have one."""

    def __init__(self, jobs: Jobs, threads: int = 2, lease_s: float = LEASE_S) -> None:
        self._jobs = jobs
        self._lease_s = lease_s
        self._stopping = threading.Event()
        self._ended = threading.Event()
        self._held: dict[int, Job] = {}
        self._runners = [
            threading.Thread(target=self._run_jobs, name=f"jobs-{number}", daemon=True)
            for number in range(threads)
        ]
        self._keeper = threading.Thread(target=self._keep_leases, name="leases", daemon=True)

    def start(self) -> None:
        try:
            self._jobs.schedule()
        except DatabaseError:  # its disk is full: what an earlier start scheduled is still there
            log.exception("the jobs with a period could not be scheduled")
        for thread in (*self._runners, self._keeper):
            thread.start()

    def stop(self, timeout_s: float = 10) -> None:
        """Take no more jobs and wait for those in hand.

        One that is not done after the timeout is left alone: when the process ends before it
        does, its lease runs out and another worker runs it again.
        """
        self._stopping.set()
        self._jobs.wake()
        deadline = time.monotonic() + timeout_s
        for thread in self._runners:
            if thread.is_alive():
                thread.join(max(0, deadline - time.monotonic()))
        self._ended.set()

    def _run_jobs(self) -> None:
        while not self._stopping.is_set():
            seen = self._jobs.additions
            try:
                worked = self._run_one()
            except DatabaseError as error:  # away, locked or full: its job keeps its lease
                log.warning("the queue cannot be reached: %s", error)
                worked = False
            if not worked and not self._stopping.is_set():
                self._jobs.wait(seen, POLL_S)

    def _run_one(self) -> bool:
        job = self._jobs.claim(self._lease_s)
        if job is None:
            return False
        self._held[job.id] = job
        try:
            self._jobs.run(job)
        finally:
            del self._held[job.id]
        return True

    def _keep_leases(self) -> None:
        while not self._ended.wait(self._lease_s / 3):
            for job in list(self._held.values()):
                try:
                    kept = self._jobs.extend(job, self._lease_s)
                except DatabaseError:
                    log.exception("the lease of job %s could not be extended", job.id)
                    continue
                if not kept and job.id in self._held:
                    log.warning("job %s %s lost its lease and may run twice", job.id, job.key)
