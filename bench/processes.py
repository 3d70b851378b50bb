"""What processes use, as Linux tells it, and servers to compare ourselves with."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.live import free_port

TICKS = os.sysconf("SC_CLK_TCK")

NGINX = """
worker_processes 1;
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  server {{ listen 127.0.0.1:{port}; root {root}; }}
}}
"""


def family(pid: int) -> list[int]:
    """A process and all that it started; a process or a thread may end while it is looked at."""
    pids = [pid]
    for task in _tasks(pid):
        with suppress(FileNotFoundError, ProcessLookupError):
            children = (task / "children").read_text().split()
            pids += [it for child in children for it in family(int(child))]
    return pids


def _tasks(pid: int) -> list[Path]:
    with suppress(FileNotFoundError, ProcessLookupError):
        return list(Path(f"/proc/{pid}/task").iterdir())
    return []


def read_all(pid: int, name: str) -> Iterator[str]:
    """A file of /proc for each of the family; one that has just ended has none."""
    for member in family(pid):
        with suppress(FileNotFoundError, ProcessLookupError):
            yield Path(f"/proc/{member}/{name}").read_text()


def cpu_seconds(pid: int) -> float:
    """User and system time of a process's family, ended and waited-for children included."""
    ticks = 0
    for text in read_all(pid, "stat"):
        fields = text.rpartition(")")[2].split()
        ticks += sum(map(int, fields[11:15]))
    return ticks / TICKS


def resident(pid: int) -> int:
    """Bytes of memory that a process's family holds, shared pages counted once."""
    total = 0
    for text in read_all(pid, "smaps_rollup"):
        for line in text.splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
    return total


@contextmanager
def null_hub() -> Iterator[str]:
    """The address of a server that says yes to everything and only reads the bytes."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "bench.null_hub", str(port)])
    try:
        wait_for(f"http://127.0.0.1:{port}/api/x")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def nginx(root: Path) -> Iterator[tuple[str, int]]:
    """nginx on a folder: its address and its process. FileNotFoundError where there is none."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        raise FileNotFoundError("nginx was not found (apt-get install nginx-light)")
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "nginx.conf")
        text = NGINX.format(folder=folder, port=port, root=root)
        # As root its worker would be somebody who may not read our folder.
        config.write_text(("user root;\n" if os.geteuid() == 0 else "") + text)
        process = subprocess.Popen([program, "-p", folder, "-c", str(config)])
        try:
            wait_for(f"http://127.0.0.1:{port}/")
            yield f"http://127.0.0.1:{port}", process.pid
        finally:
            process.terminate()
            process.wait(10)


def wait_for(url: str) -> None:
    for _ in range(400):
        try:
            urlopen(url, timeout=5).close()
        except URLError as error:
            if not isinstance(error.reason, str) and not hasattr(error, "code"):
                time.sleep(0.02)
                continue
        return
    raise RuntimeError(f"nothing answers at {url}")
