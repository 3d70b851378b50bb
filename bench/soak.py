"""`python -m bench.soak`: mixed clients against one hub for a while; memory stays flat, no 5xx.

Real clients (huggingface_hub, by Xet and by LFS) upload and download, and beside them threads
commit, move, delete, list, search, like, read ranges, send nonsense, and hang up. The same seed
makes each of them do the same things; how they interleave is up to the machine. Exit status 1 when
something is not as it should be.
"""

import argparse
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench import client
from bench.processes import family, resident
from bench.soak_callers import CALLERS, Caller
from bench.soak_prepare import BY_LFS, fill_caches, put_large_files
from bench.soak_world import Kept, World, name_of
from tests.live import LiveHub, live_hub

REAL = {"xet": {}, "lfs": BY_LFS}
DATABASES = ("hearthub.db", "objects.db", "catalogue.db")
SETTLE_S = 120
FLAT = 1.1
DUE = """select count(*) from job where state in ('waiting', 'running') and run_at <= ?"""
LONG_ENOUGH_S = 300  # a shorter run says nothing about memory
MIB = 2**20
_COUNTED = re.compile(r'hearthub_requests_total\{.*status="(\d+)"\} (\S+)')
_JOBS = re.compile(r'hearthub_jobs\{state="(\w+)"\} (\S+)')


@dataclass(frozen=True)
class Sample:
    """One look at the server. Sizes in bytes; `statuses` by class, 0 for who hung up."""

    at: float
    memory: int
    descriptors: int
    threads: int
    statuses: dict[str, int]
    jobs: dict[str, int]
    files: dict[str, int]

    def __str__(self) -> str:
        classes = " ".join(f"{name}:{n:,}" for name, n in sorted(self.statuses.items()))
        jobs = " ".join(f"{name}:{n:,}" for name, n in self.jobs.items())
        files = " ".join(f"{name} {size / MIB:.1f}" for name, size in self.files.items())
        return (
            f"{self.at:6.0f} s  {self.memory / MIB:6.1f} MiB  {self.descriptors:4} descriptors "
            f"{self.threads:4} threads | {classes} | jobs {jobs} | MiB {files}"
        )


@dataclass(frozen=True)
class Verdict:
    """What a soak found. `slope` in MB an hour and `ratio` are of the server's memory."""

    samples: list[Sample]
    slope: float
    ratio: float
    server_errors: int
    log_errors: list[str]
    complaints: list[str]
    acknowledged: int
    by_real: int
    read_back: int
    lost: int
    left: dict[str, int]

    @property
    def is_flat(self) -> bool:
        return self.samples[-1].at < LONG_ENOUGH_S or self.ratio <= FLAT

    @property
    def is_good(self) -> bool:
        wrong = self.server_errors or self.log_errors or self.complaints or self.lost
        return self.is_flat and not wrong and not any(self.left.values())

    def __str__(self) -> str:
        judged = self.samples[-1].at >= LONG_ENOUGH_S
        flat = ("flat" if self.is_flat else "GROWS") if judged else "too short a run to tell"
        lines = [
            f"memory: {flat}; {self.slope:+.1f} MB an hour in the second half, "
            f"end / after warm-up {self.ratio:.3f} (goal <= {FLAT})",
            f"answers of 5xx: {self.server_errors}",
            f"errors in the server's log: {len(self.log_errors)}",
            f"unexpected answers: {len(self.complaints)}",
            f"commits acknowledged: {self.acknowledged:,}, {self.by_real:,} by real clients; "
            f"{self.read_back:,} files of repos still there read back, {self.lost} wrong",
            f"jobs left when all was quiet: {self.left}",
        ]
        details = [*self.log_errors[:10], *self.complaints[:20]]
        return "\n".join([*lines, *(f"  ! {each}" for each in details)])


def soak(
    folder: Path, minutes: float, callers: int, seed: int, every_s: float = 30, say: bool = True
) -> Verdict:
    """Run it in an empty folder."""
    world, samples = World(), list[Sample]()
    with live_hub(folder / "data") as hub:
        put_large_files(hub, folder)
        if minutes * 60 >= LONG_ENOUGH_S:
            fill_caches(hub)
        started = time.monotonic()
        with everybody(hub, world, folder, callers, seed, minutes * 60):
            next_line = every_s
            while (at := time.monotonic() - started) < minutes * 60:
                samples.append(look(hub, at))
                if say and (at >= next_line or len(samples) == 1):
                    print(samples[-1], flush=True)
                    next_line = at + every_s
                time.sleep(min(2, every_s / 4))
            samples.append(look(hub, at))
        left = wait_for_jobs(hub)
        samples.append(look(hub, time.monotonic() - started))
        if say:
            print(samples[-1], flush=True)
        with hub.client("root") as reader:
            lost = world.read_all_back(reader)
        answers = Counter(look(hub, 0).statuses)
    log = (folder / "data" / "server.log").read_text()
    slope, ratio = trend(samples[:-1])
    return Verdict(
        samples=samples,
        slope=slope,
        ratio=ratio,
        server_errors=answers["5xx"],
        log_errors=errors_of(log),
        complaints=world.complaints,
        acknowledged=world.acknowledged,
        by_real=world.by_real,
        read_back=world.read_back,
        lost=lost,
        left=left,
    )


@contextmanager
def everybody(
    hub: LiveHub, world: World, folder: Path, callers: int, seed: int, seconds: float
) -> Iterator[None]:
    """All clients at work until the block ends."""
    kinds = [CALLERS[n % len(CALLERS)] for n in range(callers)]
    threads = [
        threading.Thread(target=watched, args=(kind(hub, world, n, seed),), name=kind.__name__)
        for n, kind in enumerate(kinds)
    ]
    processes = []
    for name, words in REAL.items():
        home = folder / f"home-{name}"
        home.mkdir()
        script = Path(__file__).with_name("soak_client.py")
        command = [client.BIN / "python", script, name, seconds, name_of(seed, name)]
        processes.append(
            subprocess.Popen(
                [str(word) for word in command],
                cwd=home,
                env=hub.env(home, **words),
                stdout=subprocess.PIPE,
                stderr=(home / "stderr").open("w"),
                text=True,
            )
        )
    threads += [threading.Thread(target=listen, args=(it, world)) for it in processes]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        world.stop.set()
        for process in processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(60)
            process.kill()
        for thread in threads:
            thread.join(120)
    for name, process in zip(REAL, processes, strict=True):
        if process.returncode:
            world.complain(f"{name} ended: {(folder / f'home-{name}' / 'stderr').read_text()}")


def watched(caller: Caller) -> None:
    """A caller that ends by a mistake of its own must not end unnoticed."""
    try:
        caller.run()
    except Exception as error:
        caller.world.complain(f"{type(caller).__name__} ended: {error!r}")
        raise


def listen(process: subprocess.Popen[str], world: World) -> None:
    """Take down what a real client says."""
    for text in process.stdout or ():
        line = json.loads(text)
        if "error" in line:
            world.complain(line["error"])
        elif "gone" in line:
            world.forget(line["kind"], line["gone"])
        else:
            files = line["files"].items()
            kept = [Kept(line["commit"], path, *seed) for path, seed in files]
            world.add(line["kind"], line["repo"], kept)
            world.by_real += 1


def look(hub: LiveHub, at: float) -> Sample:
    pid = hub.process.pid
    with hub.client() as anyone:
        metrics = anyone.get("/metrics").text
    statuses: Counter[str] = Counter()
    for status, n in _COUNTED.findall(metrics):
        statuses["hung up" if status == "0" else f"{status[0]}xx"] += int(float(n))
    jobs = {state: int(float(n)) for state, n in _JOBS.findall(metrics)}
    files = {}
    for name in DATABASES:
        wal = Path(hub.data / f"{name}-wal")
        files[name] = (hub.data / name).stat().st_size
        files["wal"] = files.get("wal", 0) + (wal.stat().st_size if wal.exists() else 0)
    members = family(pid)
    return Sample(
        at=at,
        memory=resident(pid),
        descriptors=sum(count(it, "fd") for it in members),
        threads=sum(count(it, "task") for it in members),
        statuses=dict(statuses),
        jobs=jobs,
        files=files,
    )


def count(pid: int, folder: str) -> int:
    with suppress(OSError):
        return len(os.listdir(f"/proc/{pid}/{folder}"))  # noqa: PTH208 - the names are enough
    return 0


def wait_for_jobs(hub: LiveHub) -> dict[str, int]:
    """How many jobs are still due when all that were due had two minutes to run; and dead ones.

    Jobs that shall run later (a second purge, those with a period) are not due.
    """
    database = sqlite3.connect(f"file:{hub.data / 'hearthub.db'}?mode=ro", uri=True)
    deadline = time.monotonic() + SETTLE_S
    with closing(database):
        while due := database.execute(DUE, (time.time_ns() // 10**6,)).fetchone()[0]:
            if time.monotonic() > deadline:
                break
            time.sleep(0.5)
        dead = database.execute("select count(*) from job where state = 'dead'").fetchone()[0]
    return {"due": due, "dead": dead}


def trend(samples: Sequence[Sample]) -> tuple[float, float]:
    """Slope of the second half by least squares, in MB an hour; the last tenth by the tenth that
    follows the first quarter, the warm-up."""
    half = samples[len(samples) // 2 :]
    mean_at = sum(it.at for it in half) / len(half)
    mean = sum(it.memory for it in half) / len(half)
    spread = sum((it.at - mean_at) ** 2 for it in half)
    slope = sum((it.at - mean_at) * (it.memory - mean) for it in half) / (spread or 1)
    tenth, quarter = max(1, len(samples) // 10), len(samples) // 4
    warm = samples[quarter : quarter + tenth]
    last = samples[-tenth:]
    ratio = (sum(it.memory for it in last) / len(last)) / (
        sum(it.memory for it in warm) / len(warm)
    )
    return slope * 3600 / 1e6, ratio


def errors_of(log: str) -> list[str]:
    """Lines of the server's log that tell of an error, each with the trace that follows it."""
    wanted = re.compile(r"^\S+ (?:error|critical) |^\S+ warning .*job .* failed")
    begins = re.compile(r"^\d{4}-\d\d-\d\dT")
    found: list[str] = []
    is_told = False
    for line in log.splitlines():
        if begins.match(line):
            is_told = wanted.match(line) is not None
            if is_told:
                found.append(line)
        elif is_told:
            found[-1] += f"\n    {line}"
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--clients", type=int, default=12, metavar="N", help="beside the real ones")
    parser.add_argument("--seed", type=int, default=1)
    words = parser.parse_args()
    print(
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}, "
        f"{words.clients} callers and {len(REAL)} real clients for {words.minutes:g} minutes, "
        f"seed {words.seed}",
        flush=True,
    )
    with tempfile.TemporaryDirectory(prefix="hearthub-soak-") as name:
        every_s = min(30, words.minutes * 6)
        verdict = soak(Path(name), words.minutes, words.clients, words.seed, every_s)
    print(f"\n{verdict}")
    print("\nall is well" if verdict.is_good else "\nNOT as it should be")
    return not verdict.is_good


if __name__ == "__main__":
    sys.exit(main())
