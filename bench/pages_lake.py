"""A lake for bench.pages, taken in as a dump is: some repos, told of on several days."""

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from bench.pulse_ingest import FIRST, make
from hearthub.app import open_hub
from hearthub.settings import Settings

DAYS = (1, 4, 8, 11, 15)
"""Of the first month: two whole weeks, so that there is something to compare."""

# Of a hundred repos five are liked from then on, each more or less; one in two hundred is new in
# the second week.
_LATER = """copy (
  select * replace (
    likes + case when hash(id) % 100 < 5 then hash(id, 1) % 40 * ({day} - 1) else 0 end as likes,
    downloads + case when hash(id) % 100 < 8 then hash(id, 2) % 900 * ({day} - 1) else 0 end
      as downloads,
    case when hash(id, 3) % 200 = 0 then timestamp '2026-10-09' else createdAt end as createdAt)
  from read_parquet('{first}') where {day} > 8 or hash(id, 3) % 200 > 0
) to '{path}' (format parquet, compression zstd)"""


def fill(data: Path, repos: int, say: Callable[[str], None]) -> None:
    """Dumps made up and ingested, and all that jobs make of them, ranking and reports among it."""
    started = time.perf_counter()
    with (
        TemporaryDirectory(prefix="hearthub-bench-") as name,
        open_hub(Settings(data=data, min_free=0)) as hub,
    ):
        first = make(Path(name), repos, 1)
        for day in DAYS:
            path = Path(name) / f"on-{day}.parquet"
            with duckdb.connect(config={"threads": 2, "memory_limit": "2GB"}) as plain:
                plain.execute(_LATER.format(day=day, first=first, path=path))
            hub.pulse.ingest(str(path), "hub-stats", observed_at=FIRST.replace(day=day))
            say(f"day {day} of the lake ingested")
        pulse = hub.pulse
        for job in (pulse.show, pulse.classify, pulse.tidy, pulse.rank, pulse.make_reports):
            job({})
    say(f"{repos:,} repos in the lake after {time.perf_counter() - started:.0f} s")
