"""Processes that do work which may hang, die or eat memory, because strangers wrote its input.

A worker is a bare interpreter that imports only what its functions need. It is killed when a call
takes too long, when its memory runs out it fails alone, and it dies with its parent. That guards
against runaway input; it is not a wall against native code execution, since results are pickled.
"""

import os
import pickle
import resource
import select
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe
from typing import Any, TypeVar

from hearthub.errors import HearthubError, Unavailable

T = TypeVar("T")

IDLE_SECONDS = 60.0
GIVE_BACK = {"MALLOC_MMAP_THRESHOLD_": str(2**24), "MALLOC_TRIM_THRESHOLD_": str(2**25)}
"""For glibc: what is larger than the first goes back to the system when freed. Left to itself that
bound follows what was freed, and what a call needs depends on the calls before: a header of 24 MB
took 160 to over 200 MB where it takes 150."""
_IDLE_EXIT = 75
_WAKE_UP = "from hearthub.sandbox import serve; serve()"

_reporter: Connection | None = None


class Sandbox:
    """At most `workers` processes, started when needed; `memory_limit` in bytes for each."""

    def __init__(
        self, workers: int, memory_limit: int = 2**30, idle_seconds: float = IDLE_SECONDS
    ) -> None:
        self.memory_limit = memory_limit
        self.idle_seconds = idle_seconds
        self._slots = threading.BoundedSemaphore(max(1, workers))
        self._lock = threading.Lock()
        self._workers: set[_Worker] = set()
        self._idle: list[_Worker] = []
        self._closed = False

    def run(
        self,
        function: Callable[..., T],
        *args: object,
        timeout: float,
        progress: Callable[..., None] | None = None,
        answer: Callable[..., object] | None = None,
    ) -> T:
        """Call an importable module-level function in a worker; many threads may call this.

        `timeout` is in seconds, not counting the wait for a free worker. `progress` receives what
        the function passes to `report`; `answer` gets what it passes to `ask`, and its time does
        not count, but the worker waits: let it be short. A HearthubError raised inside is raised
        here as itself.
        Raises Unavailable when the call took too long or its worker died, RuntimeError with the
        worker's traceback when the function failed otherwise.
        """
        with self._slots:
            while True:
                worker = self._take()
                try:
                    result = worker.call(function, args, timeout, progress, answer)
                except _WasIdle:
                    self._drop(worker)
                    continue
                except _Failed as failure:
                    self._keep(worker)
                    raise failure.error from None
                except BaseException:
                    self._drop(worker)
                    raise
                self._keep(worker)
                return result  # type: ignore[no-any-return]

    def close(self) -> None:
        """End every worker; calls under way raise Unavailable."""
        with self._lock:
            self._closed = True
            workers, self._idle = list(self._workers), []
        for worker in workers:
            worker.kill()

    def _take(self) -> "_Worker":
        with self._lock:
            if self._closed:
                raise Unavailable("The hub is shutting down")
            if self._idle:
                return self._idle.pop()
            worker = _Worker(self.memory_limit, self.idle_seconds)
            self._workers.add(worker)
            return worker

    def _keep(self, worker: "_Worker") -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(worker)

    def _drop(self, worker: "_Worker") -> None:
        with self._lock:
            self._workers.discard(worker)
        worker.kill()
        worker.connection.close()


class _WasIdle(Exception):
    """The worker had left by itself before it read the call."""


class _Failed(Exception):
    """The function raised `error`; the worker is fine."""

    def __init__(self, error: Exception) -> None:
        self.error = error


class _Worker:
    """The parent's side of one process."""

    def __init__(self, memory_limit: int, idle_seconds: float) -> None:
        self.connection, theirs = Pipe()
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603 - our own interpreter
                [sys.executable, "-P", "-c", _WAKE_UP, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C is for the parent, which ends us
                env={**os.environ, **GIVE_BACK},
            )
        with suppress(OSError):  # it died at once: the first call says so
            self.connection.send((sys.path, memory_limit, idle_seconds))

    def call(
        self,
        function: Callable[..., Any],
        args: tuple[object, ...],
        timeout: float,
        progress: Callable[..., None] | None,
        answer: Callable[..., object] | None,
    ) -> Any:
        deadline = time.monotonic() + timeout
        name = function.__name__
        try:
            self.connection.send((function, args))
            while True:
                if not self.connection.poll(max(0.0, deadline - time.monotonic())):
                    raise Unavailable(f"Checking took longer than {timeout:.0f} s ({name})")
                kind, value = self.connection.recv()
                if kind == "result":
                    return value
                if kind == "error":
                    raise _Failed(value)
                if kind == "failure":
                    raise _Failed(RuntimeError(f"{name} failed in its worker:\n{value}"))
                if kind == "ask":
                    deadline += self._reply(answer, value)
                elif progress:
                    progress(*value)
        except (EOFError, OSError):
            code = self._exit_code()
            if code == _IDLE_EXIT:
                raise _WasIdle from None
            raise Unavailable(f"A worker died (exit code {code}, {name})") from None

    def _reply(self, answer: Callable[..., object] | None, question: tuple[object, ...]) -> float:
        """Seconds that it took to know what to say."""
        asked = time.monotonic()
        try:
            reply: tuple[bool, object] = (True, answer(*question) if answer else None)
        except HearthubError as error:
            reply = (False, error)
        seconds = time.monotonic() - asked
        self.connection.send(reply)
        return seconds

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def _exit_code(self) -> int:
        try:
            return self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.kill()
            return -signal.SIGKILL


def report(*values: object) -> None:
    """Inside a worker: tell the caller's `progress` something. Elsewhere: nothing."""
    if _reporter is not None:
        _reporter.send(("progress", values))


def ask(*question: object) -> Any:
    """Inside a worker: what the caller's `answer` says, or the HearthubError that it raises."""
    if _reporter is None:
        raise RuntimeError("Only a worker has somebody to ask")
    _reporter.send(("ask", question))
    is_known, found = _reporter.recv()
    if not is_known:
        raise found
    return found


def serve() -> None:
    """The life of a worker: read a call, answer it, until the parent is gone or has no work."""
    global _reporter  # noqa: PLW0603 - `report` is called deep inside functions that know no pipe
    connection = _reporter = Connection(int(sys.argv[1]))
    threading.Thread(target=_die_with_parent, args=(connection.fileno(),), daemon=True).start()
    try:
        sys.path[:], memory_limit, idle_seconds = connection.recv()
        _limit(memory_limit)
        while connection.poll(idle_seconds):
            connection.send(_answer(connection.recv_bytes()))
    except (EOFError, OSError):
        os._exit(0)
    os._exit(_IDLE_EXIT)


def _answer(call: bytes) -> tuple[str, object]:
    try:
        function, args = pickle.loads(call)  # noqa: S301 - from our own parent
        del call  # it may be as large as what the function needs
        return "result", function(*args)
    except HearthubError as error:
        return "error", error
    except MemoryError:
        return "error", Unavailable("Checking needs more memory than a worker may use")
    except Exception:  # noqa: BLE001 - the outermost handler of this process
        return "failure", traceback.format_exc()


def _limit(memory: int) -> None:
    # RLIMIT_DATA counts what a process writes, and not the files it maps, as RLIMIT_AS would.
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _die_with_parent(descriptor: int) -> None:
    """A long call does not look at the pipe: watch it hang up."""
    watch = select.poll()
    watch.register(descriptor, select.POLLHUP)
    while not any(event & select.POLLHUP for _, event in watch.poll()):
        pass
    os._exit(0)
