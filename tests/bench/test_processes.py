import os
import subprocess
import sys
import threading

from bench.processes import cpu_seconds, family, resident

CHILD = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'])"


def test_who_started_whom() -> None:
    child = subprocess.Popen([sys.executable, "-c", CHILD], stdin=subprocess.PIPE)
    with child:
        while len(family(child.pid)) < 2:
            assert child.poll() is None
        assert family(os.getpid()).count(child.pid) == 1
        assert child.stdin
        child.stdin.close()


def test_a_process_that_has_ended() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert family(child.pid) == [child.pid]
    assert resident(child.pid) == cpu_seconds(child.pid) == 0


def test_threads_that_come_and_go() -> None:
    stopped = threading.Event()

    def start_others() -> None:
        while not stopped.is_set():
            threading.Thread(target=int).start()

    busy = threading.Thread(target=start_others)
    busy.start()
    try:
        for _ in range(500):
            assert os.getpid() in family(os.getpid())
    finally:
        stopped.set()
        busy.join()
