"""Workers are real processes here. Functions they run are at the top of this module."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hearthub.errors import BadRequest, Unavailable
from hearthub.sandbox import Sandbox, ask, report


def add(a: int, b: int) -> int:
    return a + b


def process_id() -> int:
    return os.getpid()


def loaded_modules() -> list[str]:
    return list(sys.modules)


def refuse() -> None:
    raise BadRequest("no such thing", code="Odd")


def fail() -> None:
    raise ZeroDivisionError("a bug")


def misread(path: str) -> bytes:
    return Path(path).read_bytes()


def loop_forever() -> None:
    while True:
        pass


def sleep(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def ask_twice(first: int, second: int) -> list[int]:
    return [ask(first, 1), ask(second, 2)]


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def eat(size: int) -> int:
    return len(bytearray(size))


def keeps() -> int:
    """How much more memory, in bytes, counts after two large pieces came and went."""
    before = data_size()
    bytearray(24 * 2**20)  # the size of what is freed first tells glibc what is usual
    piece = bytearray(20 * 2**20)
    above = bytearray(2**19)
    del piece
    return data_size() - before - len(above)


def data_size() -> int:
    (line,) = (each for each in Path("/proc/self/status").read_text().splitlines()
               if each.startswith("VmData:"))  # fmt: skip
    return int(line.split()[1]) * 1024


def count(number: int) -> int:
    for done in range(number):
        report(done, number)
    return number


def is_alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2][:3]
    except FileNotFoundError:
        return False


def wait_until_gone(pid: int, seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not is_alive(pid)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox(2, memory_limit=256 * 2**20)
    yield sandbox
    sandbox.close()


def test_it_works_in_another_process_that_stays(sandbox: Sandbox) -> None:
    assert sandbox.run(add, 2, 3, timeout=10) == 5
    pids = {sandbox.run(process_id, timeout=10) for _ in range(5)}
    assert len(pids) == 1
    assert os.getpid() not in pids


def test_a_worker_imports_little(sandbox: Sandbox) -> None:
    loaded = sandbox.run(loaded_modules, timeout=10)
    assert not {"sqlalchemy", "starlette", "fastapi", "hearthub.storage"} & set(loaded)


@pytest.mark.parametrize(
    "module", ["storage.xet.xorbs", "storage.xet.verification", "web.markdown"]
)
def test_what_workers_run_needs_no_database(module: str) -> None:
    """Or the first upload after a pause would wait for half a second of imports."""
    told = subprocess.check_output(
        [sys.executable, "-c", f"import sys, hearthub.{module}; print(*sys.modules)"], text=True
    )
    assert not {"sqlalchemy", "starlette", "fastapi", "httpx"} & set(told.split())


def test_errors_of_ours_travel_as_themselves(sandbox: Sandbox) -> None:
    pid = sandbox.run(process_id, timeout=10)
    with pytest.raises(BadRequest, match="no such thing") as error:
        sandbox.run(refuse, timeout=10)
    assert error.value.code == "Odd"
    for function, args, name in ((fail, (), "ZeroDivision"), (misread, ("/nowhere",), "FileNot")):
        with pytest.raises(RuntimeError, match=name):
            sandbox.run(function, *args, timeout=10)
    assert sandbox.run(process_id, timeout=10) == pid


def test_a_stuck_worker_is_killed_and_replaced(sandbox: Sandbox) -> None:
    pid = sandbox.run(process_id, timeout=10)
    started = time.monotonic()
    with pytest.raises(Unavailable, match=r"longer.*loop_forever"):
        sandbox.run(loop_forever, timeout=0.3)
    assert time.monotonic() - started < 3
    assert not is_alive(pid)
    assert sandbox.run(process_id, timeout=10) != pid


def test_a_dead_worker_is_replaced(sandbox: Sandbox) -> None:
    with pytest.raises(Unavailable, match="died"):
        sandbox.run(die, timeout=10)
    assert sandbox.run(add, 1, 1, timeout=10) == 2


def test_an_idle_worker_that_was_killed_is_reported_once(sandbox: Sandbox) -> None:
    os.kill(sandbox.run(process_id, timeout=10), signal.SIGKILL)
    with pytest.raises(Unavailable):
        sandbox.run(add, 1, 1, timeout=10)
    assert sandbox.run(add, 1, 1, timeout=10) == 2


def test_memory_is_limited(sandbox: Sandbox) -> None:
    assert sandbox.run(eat, 50 * 2**20, timeout=10)
    with pytest.raises(Unavailable, match="memory"):
        sandbox.run(eat, 400 * 2**20, timeout=10)
    assert sandbox.run(add, 1, 1, timeout=10) == 2


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux counts memory there")
def test_memory_that_was_freed_does_not_count(sandbox: Sandbox) -> None:
    """Else what a call may use depends on the calls before it."""
    assert sandbox.run(keeps, timeout=30) < 2**22


def test_progress_arrives_in_order(sandbox: Sandbox) -> None:
    seen: list[tuple[int, int]] = []
    result = sandbox.run(count, 5, timeout=10, progress=lambda *values: seen.append(values))
    assert result == 5
    assert seen == [(done, 5) for done in range(5)]
    assert sandbox.run(count, 3, timeout=10) == 3
    report("outside a worker this does nothing")


def test_large_arguments_and_results(sandbox: Sandbox, tmp_path: Path) -> None:
    data = os.urandom(20 * 2**20)
    (tmp_path / "data").write_bytes(data)
    assert sandbox.run(misread, str(tmp_path / "data"), timeout=10) == data
    assert sandbox.run(len, data, timeout=10) == len(data)


def test_many_threads_share_few_workers(sandbox: Sandbox) -> None:
    with ThreadPoolExecutor(16) as pool:
        pids = set(pool.map(lambda _: sandbox.run(sleep, 0.01, timeout=10), range(64)))
    assert 1 <= len(pids) <= 2


def test_idle_workers_leave_and_others_come() -> None:
    sandbox = Sandbox(1, idle_seconds=0.05)
    try:
        pids = set()
        for _ in range(3):
            pid = sandbox.run(process_id, timeout=10)
            assert wait_until_gone(pid)
            pids.add(pid)
        assert len(pids) == 3
    finally:
        sandbox.close()


def test_close_ends_everything() -> None:
    sandbox = Sandbox(2)
    idle = sandbox.run(process_id, timeout=10)
    errors: list[Exception] = []

    def work() -> None:
        try:
            sandbox.run(sleep, 30.0, timeout=60)
        except Unavailable as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    sandbox.close()
    for thread in threads:
        thread.join(timeout=5)
    assert len(errors) == 2
    assert not is_alive(idle)
    with pytest.raises(Unavailable, match="shutting down"):
        sandbox.run(add, 1, 1, timeout=10)


@pytest.mark.parametrize("function", ["idle", "loop_forever", "sleep"])
def test_workers_die_with_their_parent(function: str) -> None:
    """Also when the parent is killed, and also in the middle of a call."""
    script = textwrap.dedent(
        f"""
        import sys, threading, time
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        import test_sandbox as it
        sandbox = it.Sandbox(1)
        print(sandbox.run(it.process_id, timeout=10), flush=True)
        calls = {{"loop_forever": (), "sleep": (60.0,)}}
        if {function!r} in calls:
            sandbox.run(getattr(it, {function!r}), *calls[{function!r}], timeout=60)
        time.sleep(60)
        """
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    worker = int(parent.stdout.readline())
    time.sleep(0.3)
    assert is_alive(worker)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert wait_until_gone(worker)


def test_a_worker_asks_who_called(sandbox: Sandbox) -> None:
    found = sandbox.run(ask_twice, 10, 20, timeout=20, answer=lambda a, b: a * b)
    assert found == [10, 40]


def test_the_time_of_an_answer_does_not_count(sandbox: Sandbox) -> None:
    def slowly(*_: int) -> int:
        time.sleep(1.5)
        return 7

    assert sandbox.run(ask_twice, 1, 2, timeout=2, answer=slowly) == [7, 7]


def test_an_answer_that_is_refused_is_refused_in_the_worker(sandbox: Sandbox) -> None:
    worker = sandbox.run(process_id, timeout=20)

    def no(*_: int) -> int:
        raise BadRequest("no such thing")

    with pytest.raises(BadRequest, match="no such thing"):
        sandbox.run(ask_twice, 1, 2, timeout=20, answer=no)
    assert sandbox.run(process_id, timeout=20) == worker


def test_nobody_but_a_worker_asks() -> None:
    with pytest.raises(RuntimeError, match="Only a worker"):
        ask(1)
