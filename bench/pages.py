"""Pages with a catalogue of the public hub's size: `python -m bench.pages`.

Makes up repos that were observed elsewhere, some with bases and quantisations, and hosts a few with
cards and weights; then looks at pages of repos and lists, and weighs a first view. What trends is
looked at on a second hub, whose lake has taken in five made-up dumps of `--lake` repos: observed
there, they would be listed on the first, and their scores take the place of those made up.
`--data` keeps the folder for the next run.
"""

import argparse
import json
import random
import re
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from urllib.parse import quote

import httpx

from bench import hub_size, pages_lake
from bench.catalogue import percentile
from bench.figures import Figure
from bench.hub_size import FAMILIES, LIBRARIES, LICENSES, TASKS
from hearthub.app import open_hub
from hearthub.catalogue import Listing
from hearthub.catalogue.listings import Listings
from hearthub.settings import Settings
from tests.calls import commit, new_repo, put
from tests.fit.small_models import config, gguf, safetensors
from tests.live import LiveHub, free_port, live_hub

GOAL_MS, GOAL_BYTES = 30, 100_000
BASES, HOSTED = 2000, 24
KINDS = ("models", "models", "models", "datasets", "spaces")
PAGES = 300
LAKE = 100_000
CARD = """---
license: mit
pipeline_tag: text-generation
base_model: base-org/base-{n}
---
# Model {n}

Some text with $x^2$ and `code`, [a link](docs/a.md), and a table:

| a | b |
|---|---|
| 1 | 2 |

```python
from transformers import pipeline
print(pipeline("text-generation")("{n}"))
```

"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.pages", description=__doc__)
    parser.add_argument("--repos", type=int, default=hub_size.REPOS)
    parser.add_argument("--data", type=Path, help="a folder to keep, and to take again")
    parser.add_argument("--pages", type=int, default=PAGES, help="of each kind")
    parser.add_argument("--lake", type=int, default=LAKE, help="repos that the observatory knows")
    words = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hearthub-bench-") as folder:
        data = words.data or Path(folder)
        with running(data, "hosted.json") as hub:
            observed = fill(hub, words.repos)
            hosted = host(hub)
            for figure in measure(hub, observed, hosted, words.pages):
                print(figure, flush=True)
        with running(data / "pulse", "lake.json") as hub:
            repos = observe(hub, words.lake)
            wait_for_jobs(hub)  # with a start comes one that prepares numbers, on all cores
            for figure in measure_pulse(hub, repos):
                print(figure, flush=True)
    return 0


@contextmanager
def running(data: Path, filled: str) -> Iterator[LiveHub]:
    """A new hub, or the one that was filled before, which a file of that name says."""
    if not (data / filled).exists():
        data.mkdir(parents=True, exist_ok=True)
        with live_hub(data, min_free=0) as hub:
            yield hub
        return
    hub = LiveHub(f"http://127.0.0.1:{free_port()}", data, settings={"HEARTHUB_MIN_FREE": "0"})
    hub.start()
    try:
        yield hub
    finally:
        hub.stop()


def fill(hub: LiveHub, repos: int) -> list[str]:
    """Names of some of the models, bases among them."""
    done = hub.data / "observed.json"
    if done.exists():
        names: list[str] = json.loads(done.read_text())
        return names
    started, names = time.perf_counter(), []

    def noted(made: Iterator[Listing]) -> Iterator[Listing]:
        for number, listing in enumerate(made):
            if listing.type == "model" and (number % max(1, repos // 2000) == 0 or number < 200):
                names.append(listing.full_name)
            if number % 100_000 == 99_999:
                print(f"{number + 1:,} listed", file=sys.stderr, flush=True)
            yield listing

    with open_hub(Settings(data=hub.data, min_free=0)) as parts:
        parts.catalogue_db.value("pragma cache_size = -262144")
        with Listings(parts.catalogue_db).in_bulk() as rows:
            rows.put(noted(listings(repos)), anew=True)
            parts.catalogue.mark_whole()
    done.write_text(json.dumps(names))
    print(f"{repos:,} listed in {time.perf_counter() - started:.0f} s", file=sys.stderr)
    return names


def listings(repos: int) -> Iterator[Listing]:
    """Bases first, popular; three in ten models were made of one, as a quantisation or else."""
    rng = random.Random(5)
    bases = hub_size.Zipf(rng, BASES)
    for number, listing in enumerate(islice(hub_size.listings(repos, observed=1.1), repos)):
        if number < BASES:
            yield replace(listing, type="model", full_name=f"base-org/base-{number}")
        elif listing.type == "model" and rng.random() < 0.3:
            base = f"base-org/base-{bases.draw(1)[0]}"
            relation = rng.choice(["quantized", "quantized", "finetune", "adapter", "merge"])
            tags = [f"base_model:{base}", f"base_model:{relation}:{base}"]
            facts = replace(listing.facts, base_models=[base], relation=relation)
            yield replace(listing, facts=replace(facts, tags=[*facts.tags, *tags]))
        else:
            yield listing


def host(hub: LiveHub) -> list[str]:
    """Repos with a card, weights and quantisations; their names."""
    done = hub.data / "hosted.json"
    if done.exists():
        names: list[str] = json.loads(done.read_text())
        return names
    names = []
    with hub.client("alice") as alice:
        for n in range(HOSTED):
            repo = new_repo(alice, f"bench-{n}")
            text = CARD.format(n=n) + f"Paragraph {n} of *text*.\n\n" * 200
            files = [put("README.md", text.encode()), put("config.json", config())]
            quants = [put(f"m-{kind}.gguf", gguf(kind)) for kind in ("Q4_0", "Q8_0", "F16")]
            commit(alice, repo, *files, put("model.safetensors", safetensors()), *quants)
            names.append(repo)
    hub.settle()
    done.write_text(json.dumps(names))
    return names


def measure(hub: LiveHub, observed: list[str], hosted: list[str], pages: int) -> Iterator[Figure]:
    rng = random.Random(11)
    first = [f"/{name}" for name in hosted]
    again = [f"/{name}?hardware={rng.choice(['24', 'rtx-4090'])}" for name in hosted]
    seen = [f"/{rng.choice(observed)}" for _ in range(pages)]
    popular = [f"/base-org/base-{n}" for n in range(min(40, pages))]
    lists = [list_path(rng) for _ in range(pages)]
    with hub.client() as client:
        client.get("/models")
        yield timed("a hosted repo, first seen", client, hub, first)
        for _ in range(3):
            list(map(client.get, again))
        yield timed("a hosted repo, seen before", client, hub, again * 4)
        yield timed("an observed repo", client, hub, seen)
        yield timed("an observed repo with most derivatives", client, hub, popular)
        yield timed("a list", client, hub, lists)
        yield timed("what fits", client, hub, ["/fit?hardware=24", "/fit?hardware=rtx-4090"] * 20)
        for path in ("/", first[0], "/models", "/fit"):
            yield Figure(f"first view of {path}", weight(client, path), GOAL_BYTES, "bytes")


def observe(hub: LiveHub, repos: int) -> int:
    """Fill the lake; of how many repos it tells."""
    done = hub.data / "lake.json"
    if not done.exists():
        pages_lake.fill(hub.data, repos, lambda text: print(text, file=sys.stderr, flush=True))
        done.write_text(json.dumps(repos))
    return int(json.loads(done.read_text()))


def wait_for_jobs(hub: LiveHub) -> None:
    due = "select count(*) from job where state in ('waiting', 'running') and run_at <= ?"
    with closing(sqlite3.connect(f"file:{hub.data / 'hearthub.db'}?mode=ro", uri=True)) as db:
        while db.execute(due, (time.time_ns() // 10**6,)).fetchone()[0]:
            time.sleep(0.1)


def measure_pulse(hub: LiveHub, repos: int) -> Iterator[Figure]:
    of = f"of {repos:,} repos"
    paths = ["/pulse", "/pulse?type=model", "/pulse?sort=hub", "/pulse?sort=surprise"]
    with hub.client() as client:
        for path in (*paths, "/pulse/weekly"):
            text = client.get(path).raise_for_status().text
            if "user" not in text:  # as those are called who wrote what is in the dumps
                raise RuntimeError(f"{path} shows nothing that was observed")
        yield timed(f"pulse {of}", client, hub, paths * 15)
        weekly = max(re.findall(r'href="(/pulse/weekly/[^"?#]+/[^"?#]+)', text))
        yield timed(f"the pulse of a week {of}", client, hub, [weekly] * 40)
        yield Figure("first view of /pulse", weight(client, "/pulse"), GOAL_BYTES, "bytes")


def list_path(rng: random.Random) -> str:
    words = {
        "origin": "all",
        "sort": rng.choice(["", "downloads", "likes", "created", "modified"]),
        "pipeline_tag": rng.choice([*TASKS, *[""] * 12]),
        "library": rng.choice([*LIBRARIES, *[""] * 12]),
        "license": rng.choice([*LICENSES, *[""] * 40]),
        "search": rng.choice([*FAMILIES, *[""] * 60]),
        "fits": rng.choice(["24", "rtx-4090", "", "", ""]),
        "min": rng.choice(["8", "", "", ""]),
    }
    query = "&".join(f"{name}={quote(value)}" for name, value in words.items() if value)
    return f"/{rng.choice(KINDS)}?{query}"


def timed(what: str, client: httpx.Client, hub: LiveHub, paths: list[str]) -> Figure:
    """As a client on this machine sees it, and what the server's process spent on it."""
    before = cpu_ms(hub)
    answers = [client.get(path) for path in paths]
    cpu = (cpu_ms(hub) - before) / len(paths)
    times = [1000 * answer.elapsed.total_seconds() for answer in answers]
    bad = sum(answer.status_code != 200 for answer in answers)
    note = f"median {percentile(times, 50):.1f}, {cpu:.1f} of CPU, {len(times)} pages"
    note += f", {bad} FAILED" if bad else ""
    return Figure(f"{what}, 95 %", percentile(times, 95), GOAL_MS, "ms", note=note)


def cpu_ms(hub: LiveHub) -> float:
    """Of the server alone, without its workers, in steps of 10 ms."""
    assert hub.process is not None
    fields = Path(f"/proc/{hub.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 10


def weight(client: httpx.Client, path: str) -> int:
    """Bytes over the wire of a page with its styles and scripts, without images."""
    page = client.get(path)
    total = len(page.content) if "content-encoding" not in page.headers else wire(page)
    for link in set(re.findall(r'(?:href|src)="(/static/[\w.]+\.(?:css|js))"', page.text)):
        total += wire(client.get(link))
    return total


def wire(answer: httpx.Response) -> int:
    return answer.num_bytes_downloaded


if __name__ == "__main__":
    sys.exit(main())
