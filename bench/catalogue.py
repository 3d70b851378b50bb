"""Lists, facets and search of a hub of the public hub's size: `python -m bench.catalogue`.

Makes up 2.5 million repos and 11 million users in a folder (`--data` keeps it for the next run),
serves it, and asks by HTTP what people ask. Needs 12 GB of disk and an hour on two slow cores.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import httpx

from bench import hub_size
from bench.figures import Figure
from bench.hub_size import FAMILIES, LIBRARIES, LICENSES, SIZES, TASKS, VARIANTS
from bench.processes import resident
from hearthub.app import open_hub
from hearthub.catalogue import Counters
from hearthub.settings import Settings
from tests.live import LiveHub, free_port

SORTS = ("downloads", "likes", "trendingScore", "createdAt", "lastModified")
KINDS = ("models", "models", "models", "datasets", "spaces")
# How many of a hundred or so requests are of each kind.
MIX = {
    "a list by a sort": 15,
    "narrowed by a task": 15,
    "by a task and a library or licence": 10,
    "by a tag": 10,
    "by a tag and a task": 5,
    "by author": 10,
    "by size": 5,
    "by hardware": 5,
    "facet counts": 5,
    "a page further on": 5,
    "search: a word": 8,
    "search: two or three words": 5,
    "search: a whole name": 3,
    "search: a name with a mistake": 2,
    "quick search": 2,
}
GOAL_MS = 50


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.catalogue", description=__doc__)
    parser.add_argument("--repos", type=int, default=hub_size.REPOS)
    parser.add_argument("--users", type=int, default=hub_size.USERS)
    parser.add_argument("--requests", type=int, default=4000)
    parser.add_argument("--data", type=Path, help="a folder to keep, and to take again")
    parser.add_argument("--skip-rebuild", action="store_true")
    words = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hearthub-bench-") as folder:
        data = words.data or Path(folder)
        fill(data, words.repos, words.users)
        for figure in measure(data, words.requests, rebuild=not words.skip_rebuild):
            print(figure, flush=True)
    return 0


def fill(data: Path, repos: int, users: int) -> None:
    done = data / "filled.json"
    wanted = {"repos": repos, "users": users}
    if done.exists() and json.loads(done.read_text()) == wanted:
        return
    started = time.perf_counter()
    with open_hub(Settings(data=data)) as hub:
        hub_size.fill(hub, repos, users, lambda text: print(text, file=sys.stderr, flush=True))
    done.write_text(json.dumps(wanted))
    print(f"filled in {time.perf_counter() - started:.0f} s", file=sys.stderr)


def measure(data: Path, requests: int, *, rebuild: bool) -> Iterator[Figure]:
    yield counted(data)
    hub = LiveHub(f"http://127.0.0.1:{free_port()}", data)
    with open_hub(Settings(data=data)) as parts:
        hub.tokens["user0"] = parts.accounts.add_token("user0")
    hub.start()
    try:
        with hub.client() as client:
            yield from mixed(client, requests)
        with hub.client("user0") as client:
            yield listed(client)
        if hub.process:
            used = resident(hub.process.pid) / 2**20
            yield Figure("memory of the server after that", used, 1024, "MiB")
    finally:
        hub.stop()
    if rebuild:  # last: counters were made up in the catalogue, and their sources know of none
        (data / "filled.json").unlink()
        yield rebuilt(data)


def rebuilt(data: Path) -> Figure:
    command = [sys.executable, "-m", "hearthub", "catalogue", "rebuild", "--data", str(data)]
    started = time.perf_counter()
    done = subprocess.run([*command, "--json"], check=True, capture_output=True, text=True)
    minutes = (time.perf_counter() - started) / 60
    note = f"{json.loads(done.stdout)['listings']:,} listings"
    return Figure("a full rebuild", minutes, 15, "min", note=note)


def counted(data: Path, many: int = 100_000) -> Figure:
    """The counters of 100,000 repos at once, as the observatory brings them."""
    rng = random.Random(11)
    with open_hub(Settings(data=data)) as hub:
        names = [
            row[0]
            for row in hub.catalogue_db.all(
                "select full_name from listing where type = 'model' order by id limit :many",
                many=many,
            )
        ]
        values = [
            (name, Counters(0, 0, rng.randrange(10**6), rng.randrange(10**7), rng.randrange(999)))
            for name in names
        ]
        started = time.perf_counter()
        done = hub.catalogue.set_counters("model", values, "")
        seconds = time.perf_counter() - started
    return Figure(f"counters of {done:,} rows", seconds, 5, "s")


def mixed(client: httpx.Client, requests: int) -> Iterator[Figure]:
    """One request after the other, drawn by MIX; what `client` waits for each."""
    ask = Asking(client, random.Random(3))
    for kind in MIX:
        for _ in range(3):
            client.get(ask.url(kind)).raise_for_status()
    times: dict[str, list[float]] = {kind: [] for kind in MIX}
    for kind in random.Random(5).choices(list(MIX), weights=list(MIX.values()), k=requests):
        url = ask.url(kind)
        started = time.perf_counter()
        answer = client.get(url)
        times[kind].append((time.perf_counter() - started) * 1000)
        answer.raise_for_status()
    for kind, found in times.items():
        if found:
            note = f"p50 {percentile(found, 50):.1f} ms, {len(found)} requests"
            yield Figure(f"{kind}, p99", percentile(found, 99), GOAL_MS, "ms", note=note)
    everything = [time for found in times.values() for time in found]
    note = f"p50 {percentile(everything, 50):.1f} ms, {len(everything)} requests"
    yield Figure("the whole mix, p99", percentile(everything, 99), GOAL_MS, "ms", note=note)


def listed(client: httpx.Client, times: int = 20) -> Figure:
    """From the answer to a commit until a list shows the repo; the worst of some."""
    waits = []
    for number in range(times):
        name = f"just-now-{number}-{time.time_ns()}"
        client.post("/api/repos/create", json={"name": name}).raise_for_status()
        started = time.perf_counter()
        while not client.get(f"/api/models?author=user0&search={name}").json():
            if time.perf_counter() - started > 30:
                raise RuntimeError("a new repo was not listed within 30 s")
        waits.append(time.perf_counter() - started)
    return Figure("a commit is listed after, worst of 20", max(waits), 1, "s")


class Asking:
    """Addresses of requests of each kind, with what people might look for."""

    def __init__(self, client: httpx.Client, rng: random.Random) -> None:
        self.client, self.rng = client, rng
        self.tags = hub_size.Zipf(rng, hub_size.TAGS)
        self.authors = hub_size.Zipf(rng, hub_size.AUTHORS, 0.8)
        self.names = [item["id"] for item in client.get("/api/models?limit=1000&sort=likes").json()]

    def url(self, kind: str) -> str:
        query = self._queries()[kind]()
        path = query.pop("path", f"/api/{self.rng.choice(KINDS)}")
        return f"{path}?{urlencode(query | {'limit': 30}, doseq=True)}"

    def _queries(self) -> dict[str, Callable[[], dict[str, object]]]:
        pick = self.rng.choice
        sort = {"sort": pick(SORTS)}
        task = {"pipeline_tag": pick(TASKS), "path": "/api/models"}
        return {
            "a list by a sort": lambda: sort,
            "narrowed by a task": lambda: task | sort,
            "by a task and a library or licence": lambda: (
                task | sort | pick([{"library": pick(LIBRARIES)}, {"license": pick(LICENSES)}])
            ),
            "by a tag": lambda: sort | {"filter": self._tag()},
            "by a tag and a task": lambda: task | sort | {"filter": self._tag()},
            "by author": lambda: sort | {"author": self._author()},
            "by size": lambda: sort | {"num_parameters": pick(SPANS), "path": "/api/models"},
            "by hardware": lambda: sort | {"fits": pick(HARDWARE), "path": "/api/models"},
            "facet counts": lambda: task | {"path": "/api/models/facets"},
            "a page further on": self._further,
            "search: a word": lambda: {
                "search": pick([*FAMILIES, *VARIANTS, "lla", "ber", "模型"])
            },
            "search: two or three words": lambda: {
                "search": " ".join(
                    pick(words) for words in self.rng.sample([FAMILIES, SIZES, VARIANTS], 2)
                )
            },
            "search: a whole name": lambda: {"search": pick(self.names), "path": "/api/models"},
            "search: a name with a mistake": lambda: {
                "search": self._mistaken(pick(self.names)),
                "path": "/api/models",
            },
            "quick search": lambda: {"q": pick(self.names)[:8], "path": "/api/quicksearch"},
        }

    def _tag(self) -> str:
        return f"tag-{self.tags.draw(1)[0]}"

    def _author(self) -> str:
        return hub_size.author_name(self.authors.draw(1)[0])

    def _mistaken(self, name: str) -> str:
        at = self.rng.randrange(1, len(name) - 1)
        return name[:at] + self.rng.choice("aeiorst") + name[at + 1 :]

    def _further(self) -> dict[str, object]:
        last = hub_size.NOW - self.rng.randrange(400) * hub_size.DAY_MS
        return {"sort": "lastModified", "cursor": f"{last}_{self.rng.randrange(10**6)}"}


HARDWARE = ("8", "RTX 3060", "RTX 4090", "48", "H100 SXM", "MI355X")
SPANS = ("min:6B,max:12B", "max:1B", "min:100B", "min:1B,max:4B")


def percentile(values: list[float], of: int) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * of // 100)]


if __name__ == "__main__":
    sys.exit(main())
