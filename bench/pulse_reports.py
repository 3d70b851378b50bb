"""Whole reports over a hub made up: `python -m bench.pulse_reports [--full]`.

The lake of `bench.pulse_metrics` (125 thousand repos, `--full`: 2.5 million, some 100 million rows
of counters), after the tidy job. Measured is what a command does to make the weekly pulse and the
report of the state: all frames, tables, texts, charts and files, in English; time, processor time
and memory, and the ratio to DuckDB scanning and grouping the rows of counters once. Each runs in a
process of its own, over files that the system has in memory.
"""

import argparse
import multiprocessing
import os
import resource
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from bench.figures import Figure
from bench.pulse_metrics import CORES, FULL, GOAL_GIB, GOAL_S, GROUP, PART, SERIES_S, clocked
from bench.pulse_world import make_lake
from hearthub.lake import Lake
from hearthub.pulse import TABLES, Charts
from hearthub.pulse.keep_latest import keep_latest
from hearthub.pulse.report.making import make_report
from hearthub.pulse.report.writing import write_report
from hearthub.pulse.standing import keep_standings
from hearthub.sandbox import Sandbox

T = TypeVar("T")
GOALS_S = {"weekly": 5.0, "state": GOAL_S}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.pulse_reports", description=__doc__)
    parser.add_argument("--full", action="store_true", help="2.5 million repos")
    parser.add_argument("--data", type=Path, help="a folder to keep, and to take again")
    parser.add_argument("--plain", action="store_true", help="without what the tidy job keeps")
    parser.add_argument("--only", choices=tuple(GOALS_S), help="one of the reports")
    words = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True)
    repos = FULL if words.full else FULL // PART
    with tempfile.TemporaryDirectory(prefix="hearthub-bench-") as folder:
        data = words.data or Path(folder)
        if not (data / "manifests").is_dir():
            alone(make_lake, data, repos)
        if not words.plain:
            alone(_tidy, data)
        kinds = [words.only] if words.only else list(GOALS_S)
        missed = sum(alone(_measure, data, kind, repos) for kind in kinds)
    return int(missed > 0)


def alone(work: Callable[..., T], *given: object) -> T:
    """In a process of its own, whose memory is nobody else's."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        return process.submit(work, *given).result()


def _tidy(data: Path) -> None:
    for keep in (keep_standings, keep_latest):
        spent = clocked(lambda keep=keep: keep(Lake(data, TABLES, Sandbox(1))))
        print(f"{keep.__name__} took {spent[0]:.1f} s, {spent[1]:.1f} s of both cores")


def _measure(data: Path, kind: str, repos: int) -> bool:
    lake = Lake(data, TABLES, Sandbox(1))
    with lake.reading() as session:
        rows = session.value("select count(*) from counter")
        plain = min(clocked(lambda: session.value(GROUP)) for _ in range(2))
    with closing(Sandbox(1)) as sandbox:
        runs = [clocked(lambda: make_and_write(lake, kind, sandbox)) for _ in range(2)]
    wall, spent = min(runs)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    goal = GOALS_S[kind] if repos == FULL else GOALS_S[kind] / PART + SERIES_S
    print(f"{kind}: {repos:,} repos, {rows:,} rows of counters; plain {plain[0]:.1f} s, "
          f"of both cores {plain[1]:.1f} s")  # fmt: skip
    figures = [
        Figure(f"{kind} report, warm", wall, goal, "s"),
        Figure(f"{kind} report, processor time over {CORES} cores", spent, goal, "s"),
        Figure(f"{kind} report, memory", memory, GOAL_GIB, "GiB"),
    ]
    if repos == FULL:
        # The series of watched repos are as many in a small lake: the ratio tells of a large one.
        ratio = Figure(f"{kind} report, to grouping by repo once", spent / plain[1], goal / 2)
        figures.append(ratio)
    for figure in figures:
        print(figure, flush=True)
    return any(not figure.is_met for figure in figures)


def make_and_write(lake: Lake, kind: str, sandbox: Sandbox) -> None:
    """With its charts drawn anew, by a process that is awake the second time."""
    with tempfile.TemporaryDirectory(prefix="hearthub-report-") as name:
        folder = Path(name)
        charts = Charts(folder / "charts", sandbox)
        write_report(make_report(lake, kind), folder / "report", ("en",), charts)


if __name__ == "__main__":
    sys.exit(main())
