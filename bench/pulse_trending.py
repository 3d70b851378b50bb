"""What trends of a large hub: `python -m bench.pulse_trending [--full] [--data DIR]`.

Makes a lake as `bench.pulse_metrics` does (125 thousand repos with 365 days of counters, `--full`:
2.5 million), or takes the one in `--data`, which gets a ranking. Prints how long the job takes that
ranks, and how long an answer takes: the first after the lake was written, and any other; the first
also as a ratio to DuckDB scanning the lake's counters once.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from bench.figures import Figure
from bench.pulse_world import make_lake
from hearthub.lake import Lake
from hearthub.pulse import TABLES, Trends
from hearthub.pulse.ranking import rank
from hearthub.sandbox import Sandbox

FULL, PART = 2_500_000, 125_000
GOAL_S = 0.1
JOB_S = 120.0
SCAN = "select max(d_all), max(likes) from counter"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.pulse_trending", description=__doc__)
    parser.add_argument("--full", action="store_true", help="2.5 million repos")
    parser.add_argument("--data", type=Path, help="a lake's folder to keep, and to take again")
    words = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True)
    with tempfile.TemporaryDirectory(prefix="hearthub-bench-") as folder:
        data = words.data or Path(folder)
        if not (data / "manifests").is_dir():
            make_lake(data, FULL if words.full else PART)
        figures = measure(Lake(data, TABLES, Sandbox(1)))
    for figure in figures:
        print(figure)
    return int(not all(figure.is_met for figure in figures))


def measure(lake: Lake) -> list[Figure]:
    with lake.reading() as session:
        repos = session.value("select count(*) from repo")
        rows = session.value("select count(*) from counter")
        scan = min(clocked(lambda: session.value(SCAN)) for _ in range(3))
    print(f"{repos:,} repos, {rows:,} rows of counters; one scan of them {scan:.2f} s")
    job = clocked(lambda: rank(lake, lake.reading))
    # Each as a process would ask that never asked before, or not since the lake was written.
    spent = time.process_time()
    first = median(clocked(lambda: Trends(lake).trending("model", limit=200)) for _ in range(9))
    spent = (time.process_time() - spent) / 9
    trends = Trends(lake)
    trends.trending("model")
    again = median(clocked(lambda: trends.trending("model", limit=200)) for _ in range(99))
    note = "" if job > 1 else "it was ranked before"
    return [
        Figure("the job that ranks", job, JOB_S, "s", note=note),
        Figure("trending, the first of a version of the lake", first, GOAL_S, "s"),
        Figure("the same, processor time", spent, GOAL_S, "s"),
        Figure("trending, any other", again, GOAL_S, "s"),
        Figure("the first, to one scan of the counters", first / scan, 1.0),
    ]


def clocked(work: Callable[[], object]) -> float:
    """Seconds."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
