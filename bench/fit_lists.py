"""`python -m bench.fit_lists`: 100,000 models narrowed by hardware, beside the same lists without.

The models are made up, and observed elsewhere: what they need follows from their names and totals,
as it does for models of the public hub.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bench.catalogue import percentile
from bench.figures import Figure
from bench.hub_size import FAMILIES, LICENSES, SIZES, TASKS, VARIANTS
from hearthub.accounts import ANONYMOUS
from hearthub.app import open_hub
from hearthub.catalogue import Counters, Facts, Filter, Listing, Page
from hearthub.context import Hub
from hearthub.fit.wanted import most_that_fits
from hearthub.settings import Settings

ROWS = 100_000
GOAL_MS = 50
ELSEWHERE = "hub.example"
HARDWARE = ("4", "8", "RTX 3060", "RTX 4090", "RTX 5090", "48", "H100 SXM", "H200", "MI355X")
SORTS = ("trending", "downloads", "likes", "created", "modified")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.fit_lists", description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    words = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="hearthub-bench-") as folder,
        open_hub(Settings(data=Path(folder))) as hub,
    ):
        started = time.perf_counter()
        hub.catalogue.observe(models(words.rows))
        seconds = time.perf_counter() - started
        print(f"{words.rows:,} models listed in {seconds:.0f} s", file=sys.stderr)
        for figure in measure(hub):
            print(figure, flush=True)
    return 0


def models(count: int) -> Iterator[Listing]:
    rng = random.Random(3)
    for number in range(count):
        family, size, variant = rng.choice(FAMILIES), rng.choice(SIZES), rng.choice(VARIANTS)
        form = rng.choice(["safetensors", "safetensors", "gguf"])
        name = f"org{number % 5000}/{family}-{size}-{variant}-{number}"
        task = rng.choice(TASKS[:6])
        facts = Facts(
            tags=["transformers", family, task],
            pipeline_tag=task,
            library="transformers" if form == "safetensors" else "gguf",
            licenses=[rng.choice(LICENSES)],
            formats=[form],
            parameters_total=rng.choice([None, round(10 ** rng.uniform(7, 11.5))]),
            card_text=f"a model made of {family}",
        )
        downloads = round(10 ** rng.uniform(0, 6))
        when = 1_700_000_000_000 + number
        counters = Counters(when, when, downloads, downloads, downloads // 100, rng.random())
        yield Listing("model", name, facts, counters, ELSEWHERE)


def measure(hub: Hub) -> Iterator[Figure]:
    """A page of 30 by each hardware and sort, alone and with other filters."""
    kinds: dict[str, Filter] = {
        "hardware": Filter("model", origin=ELSEWHERE),
        "hardware and task": Filter("model", [[("task", TASKS[0])]], origin=ELSEWHERE),
        "hardware and app": Filter("model", [[("app", "llama.cpp")]], origin=ELSEWHERE),
        "hardware and size": Filter("model", parameters=(6 * 10**9, None), origin=ELSEWHERE),
        "hardware and a word": Filter("model", search="qwen3", origin=ELSEWHERE),
    }
    for name, plain in kinds.items():
        with_fits, without = times(hub, plain)
        ratio = percentile(with_fits, 50) / percentile(without, 50)
        note = f"p50 {percentile(with_fits, 50):.1f} ms, {ratio:.2g} x without hardware"
        yield Figure(f"a page by {name}, p99", percentile(with_fits, 99), GOAL_MS, "ms", note=note)


def times(hub: Hub, plain: Filter) -> tuple[list[float], list[float]]:
    """Milliseconds of pages with a need and without."""
    found: tuple[list[float], list[float]] = ([], [])
    for _ in range(3):
        for hardware in HARDWARE:
            narrowed = replace(plain, need=most_that_fits(hardware))
            for sort in SORTS:
                for wanted, gathered in zip((narrowed, plain), found, strict=True):
                    started = time.perf_counter()
                    hub.catalogue.page(ANONYMOUS, wanted, Page(sort, limit=30))
                    gathered.append((time.perf_counter() - started) * 1000)
    return found


if __name__ == "__main__":
    sys.exit(main())
