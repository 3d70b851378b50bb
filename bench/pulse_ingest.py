"""`python -m bench.pulse_ingest`: a dump of the public hub's size, made up and taken in.

Prints the time and the most memory of four ingests, each beside plain DuckDB reading all of the
same file once: the first dump, the next but one (one repo in twenty changed, one in a thousand gone
or new), the day between them, come late, and that one again, which is there already. `--repos` says
how many there are.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

import duckdb

REPOS = 2_500_000
FIRST = datetime(2026, 10, 1)
FAMILIES = "['qwen3', 'llama-3.1', 'gemma-3', 'mistral', 'bert', 'whisper', 'flux', 'deepseek-r1']"

# Every value follows from the number of its repo and the day, so that days can be compared.
DUMP = """copy (
  with numbers as (
    select n, (hash(n) % 1000)::int as h, (hash(n, 7) % 1000)::int as g, {day}::bigint as day,
      hash(n, $day) % 20 = 0 as is_changed
    from range($repos) t(n) where hash(n, {day}) % 1000 > 0
  ),
  named as (
    select *, {families}[1 + n % 8] as family,
      'user' || (n % 400000) as author,
      floor(1e6 / (1 + n % 100003)) + (case when is_changed then day else 0 end) as downloads
    from numbers
  )
  select
    author || '/' || family || '-' || (n % 70) || 'b-' || to_hex(n) as id,
    author,
    timestamp '2022-03-02' + interval (n % 1600) day as createdAt,
    least(timestamp '2026-09-30' + interval (case when is_changed then day else 0 end) day
      - interval (h) hour, $at) as lastModified,
    cast(downloads as bigint) as downloads,
    cast(downloads * 8 as bigint) as downloadsAllTime,
    cast(downloads / 200 as bigint) as likes,
    0.0::double as trendingScore,
    list_concat(
      ['transformers', 'safetensors', family, 'text-generation', 'conversational', 'en',
       'license:apache-2.0', 'region:us', 'endpoints_compatible', 'tag-' || (hash(n, 3) % 20000)],
      case when h < 400 then ['base_model:acme/' || family,
        'base_model:' || ['finetune', 'quantized', 'adapter', 'merge'][1 + h % 4] || ':acme/'
        || family] end) as tags,
    case when h < 700 then '{{"license": "apache-2.0", "language": ["en"], "tags": ["'
      || md5(n::varchar) || md5('b' || n) || md5('c' || n) || md5('d' || n) || md5('e' || n)
      || '"], "model-index": [{{"name": "' || to_hex(n) || '"}}]}}' end
      as cardData,
    case when g < 600 then {{'parameters': {{'BF16': 1000000 * (1 + n % 70000),
      'U8': case when g < 60 then 1000000 * (1 + n % 9000) end, 'miku': null::bigint}},
      'total': 1000000 * (1 + n % 70000)}} end as safetensors,
    case when g > 900 then '{{"total": 7000000000, "architecture": "llama", "chat_template": "'
      || repeat('x', 2000) || '"}}' end as gguf,
    case when h < 400 then {{'relation': ['finetune', 'quantized', 'adapter', 'merge'][1 + h % 4],
      'models': [{{'_id': to_hex(n), 'id': 'acme/' || family}}]}} end as baseModels,
    'text-generation' as pipeline_tag,
    'transformers' as library_name
  from named
) to '{path}' (format parquet, compression zstd)"""

# All that is read of it, read once, by the same engine within the same limits.
SCAN = """select count(id), count(author), max(createdAt), max(lastModified), sum(downloads),
  sum(downloadsAllTime), sum(likes), max(trendingScore), sum(len(tags)), sum(length(cardData)),
  sum(safetensors.total), sum(length(gguf)), count(baseModels.relation), count(pipeline_tag),
  count(library_name) from read_parquet('{path}')"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.pulse_ingest", description=__doc__)
    parser.add_argument("--repos", type=int, default=REPOS)
    parser.add_argument("--folder", type=Path, help="where there is room (default: a new one)")
    parser.add_argument("--one", nargs=2, metavar=("LAKE", "FILE"), help=argparse.SUPPRESS)
    words = parser.parse_args()
    if words.one:
        return take(*map(Path, words.one))
    with tempfile.TemporaryDirectory(prefix="hearthub-bench-", dir=words.folder) as name:
        measure(Path(name), words.repos)
    return 0


def measure(folder: Path, repos: int) -> None:
    files = {day: make(folder, repos, day) for day in (1, 2, 3)}
    size = files[1].stat().st_size
    print(f"{repos:,} repos, {size / 1e6:.0f} MB a dump", flush=True)
    for what, day in (
        ("the first dump", 1),
        ("the next but one", 3),
        ("the one between", 2),
        ("the same again", 2),
    ):
        scan = min(scanned(files[day]) for _ in range(3))
        seconds, cpu, memory = ingested(folder / "lake", files[day])
        print(
            f"{what}: {seconds:.1f} s ({cpu:.1f} s of CPU), {memory / 2**20:.0f} MiB; "
            f"a plain scan takes {scan:.2f} s: {seconds / scan:.1f} times",
            flush=True,
        )
    total = sum(path.stat().st_size for path in (folder / "lake").rglob("*.parquet"))
    print(f"the lake: {total / 1e6:.0f} MB")


def make(folder: Path, repos: int, day: int) -> Path:
    path = folder / f"models-{day}.parquet"
    with duckdb.connect(config={"threads": 2, "memory_limit": "2GB"}) as plain:
        at = FIRST.replace(day=day)
        sql = DUMP.format(day=day, families=FAMILIES, path=path)
        plain.execute(sql, {"repos": repos, "day": day, "at": at})
    return path


def scanned(path: Path) -> float:
    with duckdb.connect(config={"threads": 2, "memory_limit": "2GB"}) as plain:
        started = time.perf_counter()
        plain.execute(SCAN.format(path=path)).fetchall()
        return time.perf_counter() - started


def ingested(lake: Path, path: Path) -> tuple[float, float, int]:
    """Seconds, seconds of CPU and bytes at most of a process of its own."""
    told = subprocess.run(
        [sys.executable, "-m", "bench.pulse_ingest", "--one", str(lake), str(path)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout.split()
    return float(told[-3]), float(told[-2]), int(told[-1])


def take(folder: Path, path: Path) -> int:
    from hearthub.lake import Lake
    from hearthub.pulse import TABLES
    from hearthub.pulse.ingest import ingest
    from hearthub.pulse.sources import source_of
    from hearthub.pulse.sources.incoming import Options
    from hearthub.sandbox import Sandbox

    at = FIRST.replace(day=int(path.stem.rpartition("-")[2]))
    started = time.perf_counter()

    def say(text: str) -> None:
        print(f"{time.perf_counter() - started:8.1f} s {text}", file=sys.stderr, flush=True)

    lake = Lake(folder, TABLES, Sandbox(1))
    options = Options(now=datetime(2026, 11, 1), path=path, observed_at=at, say=say)
    done = ingest(lake, source_of("hub-stats"), options)
    seconds = time.perf_counter() - started
    say(f"{done.rows:,} rows, {done.rejected} rejected")
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(f"{seconds} {used.ru_utime + used.ru_stime} {used.ru_maxrss * 1024}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
