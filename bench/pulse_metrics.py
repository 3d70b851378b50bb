"""All numbers of a state report over a hub made up: `python -m bench.pulse_metrics [--full]`.

Makes a lake of 125 thousand repos with 365 days of counters written on change (`--full`: 2.5
million, some 100 million rows), and measures every metric of the report over one frame: time,
processor time and memory, also as a ratio to DuckDB grouping the same rows by repo once. `--data`
keeps the lake for the next run. The full size needs 3 GB of disk and some minutes to make.
"""

import argparse
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.figures import Figure
from bench.pulse_world import make_lake
from hearthub.lake import Lake
from hearthub.pulse import TABLES, Measures, known_metrics, measure_all
from hearthub.sandbox import Sandbox

FULL = 2_500_000
PART = 20
GOAL_S, GOAL_GIB = 20.0, 4.0
SERIES_S = 3.0
"""What the daily series of watched repos take, however many others there are."""
WINDOW = "2025"
GROUP = """
select sum(d), sum(l)
from (select max(d_all) as d, max(likes) as l from counter group by repo_id)
"""
CORES = 2


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.pulse_metrics", description=__doc__)
    parser.add_argument("--full", action="store_true", help="2.5 million repos")
    parser.add_argument("--data", type=Path, help="a folder to keep, and to take again")
    parser.add_argument("--each", action="store_true", help="print the time of each metric")
    words = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True)
    with tempfile.TemporaryDirectory(prefix="hearthub-bench-") as folder:
        data = words.data or Path(folder)
        if not (data / "manifests").is_dir():
            # In a process of its own, so that its memory is not taken for the report's.
            maker = multiprocessing.get_context("spawn").Process(
                target=make_lake, args=(data, FULL if words.full else FULL // PART)
            )
            maker.start()
            maker.join()
            if maker.exitcode:
                return 1
        missed = measure(data, FULL if words.full else FULL // PART, words.each)
    return int(missed > 0)


def measure(data: Path, repos: int, is_each_shown: bool) -> int:
    lake = Lake(data, TABLES, Sandbox(1))
    with lake.reading() as session:
        rows = session.value("select count(*) from counter")
        plain = min(clocked(lambda: session.value(GROUP)) for _ in range(3))
    print(f"{repos:,} repos, {rows:,} rows of counters")
    runs = [clocked(lambda: state_report(lake, is_each_shown)) for _ in range(2)]
    spent, report = min(runs)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    goal = GOAL_S if repos == FULL else GOAL_S / PART + SERIES_S
    figures = [
        Figure("state report, warm", spent, goal, "s"),
        Figure("state report, processor time over 2 cores", report, goal, "s"),
        Figure("memory", memory, GOAL_GIB, "GiB"),
    ]
    if repos == FULL:
        # The series of watched repos are as many in a small lake: the ratio tells of a large one.
        ratio = report / plain[1]
        figures.append(Figure("processor time, to grouping by repo once", ratio, 12.0))
    for figure in figures:
        print(figure)
    return sum(not figure.is_met for figure in figures)


def state_report(lake: Lake, is_each_shown: bool) -> None:
    with Measures(lake).frame("model", WINDOW) as frame:
        for metric in known_metrics():
            if "model" in metric.types:
                wall, cpu = clocked(lambda name=metric.id: measure_all(frame, [name]))
                if is_each_shown:
                    print(f"  {metric.id:<32} {wall:6.2f} s {cpu:6.2f} s of processors", flush=True)


def clocked(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds on the wall, and of processor time over CORES."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, (time.process_time() - cpu) / CORES


if __name__ == "__main__":
    sys.exit(main())
