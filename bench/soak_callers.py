"""What the callers of a soak do over plain HTTP: each is a thread with its own random numbers."""

import base64
import json
import random
import socket
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx

from bench.soak_world import Kept, World, address, content, name_of
from tests.live import LiveHub

KINDS = ("model", "dataset", "space")
SORTS = "downloads likes trendingScore createdAt lastModified trending_score".split()
WORDS = "soak bert qwen embed tiny llama acme alice dat mod 7b zzz ünï".split()
TAGS = (
    "pytorch gguf en license:mit license:apache-2.0 language:de transformers nowhere "
    "task_categories:text-classification size_categories:n<1K text-generation"
).split()
TASKS = "text-generation text-classification image-to-text fill-mask".split()
EXPANDS = "author cardData downloads likes tags sha siblings lastModified createdAt".split()
PAUSE_S = 0.05
KEEP = 5  # repos of one committer


class Caller:
    """One thread's client, numbers and place to note what is wrong."""

    def __init__(self, hub: LiveHub, world: World, number: int, seed: int) -> None:
        self.hub, self.world, self.number = hub, world, number
        self.rng = random.Random(name_of(seed, type(self).__name__, number))
        self.user = ("alice", "bob", "charlie")[number // len(CALLERS) % 3]
        self.client = hub.client(self.user)

    def run(self) -> None:
        while not self.world.stop.is_set():
            try:
                self.turn()
            except (httpx.HTTPError, OSError) as error:
                self.world.complain(f"{type(self).__name__}: {error!r}")
            time.sleep(self.rng.uniform(0, PAUSE_S * 2))
        self.client.close()

    def turn(self) -> None:
        raise NotImplementedError

    def ask(self, method: str, path: str, *expected: int, **words: object) -> httpx.Response:
        answer = self.client.request(method, path, **words)  # type: ignore[arg-type]
        if answer.status_code not in (expected or (200,)):
            told = f"{answer.status_code} for {method} {answer.url}: {answer.text[:300]}"
            self.world.complain(f"{type(self).__name__}: {told}")
        return answer


class Committer(Caller):
    """Makes repos of its own, commits, reads back, moves and deletes."""

    def __init__(self, hub: LiveHub, world: World, number: int, seed: int) -> None:
        super().__init__(hub, world, number, seed)
        self.repos: list[tuple[str, str]] = []
        self.made = 0

    def turn(self) -> None:
        roll = self.rng.random()
        if not self.repos or (roll < 0.06 and len(self.repos) < KEEP * 2):
            self.create()
        elif roll < 0.09:
            self.move(self.rng.randrange(len(self.repos)))
        elif len(self.repos) > KEEP:
            self.delete(self.rng.randrange(len(self.repos)))
        else:
            self.commit(*self.rng.choice(self.repos))

    def create(self) -> None:
        self.made += 1
        kind = self.rng.choice(KINDS)
        word = self.rng.choice(WORDS[:-1])
        name = f"soak-{word}-{self.number}-{self.made}"
        body = {"name": name, "type": kind, "private": self.rng.random() < 0.2}
        body |= {"sdk": "static"} if kind == "space" else {}
        if self.ask("POST", "/api/repos/create", json=body).status_code == 200:
            self.repos.append((kind, f"{self.user}/{name}"))
            self.world.put_back(kind, f"{self.user}/{name}", [])

    def commit(self, kind: str, repo: str) -> None:
        files, seeds = {"README.md": self.card()}, {}
        for _ in range(self.rng.randint(1, 6)):
            path = f"d{self.rng.randrange(4)}/{self.rng.randrange(30)}.bin"
            seeds[path] = self.rng.randrange(10**6), self.rng.choice((0, 40, 900, 30_000))
        files |= {path: content(*seed) for path, seed in seeds.items()}
        if kind == "model" and self.rng.random() < 0.3:
            files["config.json"] = b'{"model_type": "bert", "architectures": ["BertModel"]}'
        lines = [{"key": "header", "value": {"summary": f"of {len(files)} files"}}]
        for path, data in files.items():
            text = base64.b64encode(data).decode()
            value = {"path": path, "content": text, "encoding": "base64"}
            lines.append({"key": "file", "value": value})
        body = "\n".join(map(json.dumps, lines))
        answer = self.ask("POST", f"/api/{kind}s/{repo}/commit/main", content=body)
        if answer.status_code != 200:
            return
        oid = answer.json()["commitOid"]
        kept = [Kept(oid, path, *seed) for path, seed in seeds.items()]
        self.world.add(kind, repo, kept)
        file = self.rng.choice(kept)
        if self.ask("GET", address(kind, repo, file)).content != file.content:
            self.world.complain(f"read back other bytes: {repo} {file}")

    def card(self) -> bytes:
        licence = self.rng.choice(("mit", "apache-2.0", "cc-by-4.0"))
        lines = [f"license: {licence}", f"language: {self.rng.choice(('en', 'de', 'fr'))}"]
        lines.append(f"tags: [soak, t{self.rng.randrange(50)}]")
        lines.append(f"pipeline_tag: {self.rng.choice(TASKS)}")
        words = " ".join(self.rng.choices(WORDS, k=40))
        return "\n".join(["---", *lines, "---", f"# A card\n{words}\n"]).encode()

    def move(self, at: int) -> None:
        kind, repo = self.repos[at]
        new = f"{repo}-m" if self.rng.random() < 0.5 else f"{repo.removesuffix('-m')}-n"
        kept = self.world.forget(kind, repo)
        body = {"fromRepo": repo, "toRepo": new, "type": kind}
        if self.ask("POST", "/api/repos/move", json=body).status_code == 200:
            self.repos[at] = (kind, new)
            self.world.put_back(kind, new, kept)
            self.ask("GET", f"/api/{kind}s/{repo}", 307)

    def delete(self, at: int) -> None:
        kind, repo = self.repos.pop(at)
        self.world.forget(kind, repo)
        owner, _, name = repo.partition("/")
        body = {"name": name, "organization": owner, "type": kind}
        self.ask("DELETE", "/api/repos/delete", json=body)
        self.ask("GET", f"/api/{kind}s/{repo}", 404)


class Searcher(Caller):
    """Lists, searches, facets, tags and the quick search, by whatever parameters there are."""

    def turn(self) -> None:
        kind, rng = self.rng.choice(KINDS), self.rng
        way = rng.random()
        if way < 0.2:
            word = rng.choice(WORDS)
            params = {"q": word[: rng.randint(0, len(word))], "limit": rng.randint(1, 20)}
            self.ask("GET", "/api/quicksearch", params=params)
        elif way < 0.3:
            self.ask("GET", f"/api/{kind}s-tags-by-type")
        elif way < 0.4:
            self.ask("GET", "/")
        elif way < 0.55:
            self.ask("GET", f"/api/{kind}s/facets", params=self.narrowed())
        else:
            self.pages(kind)

    def narrowed(self) -> dict[str, object]:
        rng = self.rng
        choices: dict[str, Callable[[], object]] = {
            "search": lambda: rng.choice(WORDS),
            "filter": lambda: rng.sample(TAGS, rng.randint(1, 2)),
            "author": lambda: rng.choice(("alice", "acme", "bob", "nobody")),
            "pipeline_tag": lambda: rng.choice(TASKS),
            "library": lambda: "transformers",
            "license": lambda: "mit",
            "language": lambda: rng.choice(("en", "de")),
            "gated": lambda: rng.choice(("true", "false")),
            "num_parameters": lambda: "min:1M,max:10B",
            "origin": lambda: rng.choice(("", "all", "elsewhere.example")),
        }
        return {name: make() for name, make in choices.items() if rng.random() < 0.15}

    def pages(self, kind: str) -> None:
        rng, params = self.rng, self.narrowed()
        params["limit"] = rng.choice((1, 10, 100, 1000))
        if rng.random() < 0.5:
            params["sort"] = rng.choice(SORTS)
            params["direction"] = rng.choice(("1", "-1"))
        if rng.random() < 0.3:
            params[rng.choice(("full", "cardData", "config"))] = "true"
        elif rng.random() < 0.3:
            params["expand"] = rng.sample(EXPANDS, 3)
        answer = self.ask("GET", f"/api/{kind}s", params=params)
        for _ in range(2):
            if not (following := answer.links.get("next")):
                return
            answer = self.ask("GET", following["url"])


class Liker(Caller):
    """Likes and takes it back; infos, trees, histories."""

    def turn(self) -> None:
        if (found := self.world.any_repo(self.rng)) is None:
            return
        kind, repo = found
        paths = ("", "/tree/main?recursive=true", "/commits/main", "/refs", "/revision/main")
        with_likes = [("POST", "/like"), ("DELETE", "/like"), ("GET", "/likers")]
        method, path = self.rng.choice([*with_likes, *(("GET", path) for path in paths)])
        # 409: it was deleted in the same moment.
        self.ask(method, f"/api/{kind}s/{repo}{path}", 200, 307, 404, 409)
        if self.rng.random() < 0.2:
            self.ask("GET", f"/api/users/{self.user}/likes")


class Ranger(Caller):
    """Ranges of files it knows, compared byte for byte."""

    def turn(self) -> None:
        if (found := self.world.any_file(self.rng)) is None:
            return
        kind, repo, file = found
        first = self.rng.randrange(max(1, file.size))
        last = min(file.size - 1, first + self.rng.choice((0, 500, 100_000)))
        headers = {"Range": f"bytes={first}-{last}"} if file.size else {}
        answer = self.client.get(address(kind, repo, file), headers=headers)
        right = file.content[first : last + 1] if file.size else b""
        is_right = answer.status_code in (200, 206) and answer.content == right
        if not is_right and self.may_read(repo) and self.world.has(kind, repo):
            told = f"{answer.status_code} {answer.text[:200]!r}"
            self.world.complain(f"range {first}-{last} of {kind} {repo} {file}: {told}")

    def may_read(self, repo: str) -> bool:
        """Another's repo may be private."""
        return repo.startswith(f"{self.user}/")


class Mischief(Caller):
    """Requests that are wrong in every way one can think of: refused, and never a 5xx."""

    WRONG = (
        ("GET", "/api/models?sort=colour", {}),
        ("GET", "/api/models?limit=0", {}),
        ("GET", "/api/models?limit=99999999999999999999", {}),
        ("GET", "/api/datasets?cursor=%00%ff", {}),
        ("GET", "/api/models?search=soak&cursor=b99999999999999999999", {}),
        ("GET", "/api/models?expand=everything", {}),
        ("GET", "/api/models?num_parameters=min:lots", {}),
        ("GET", "/api/quicksearch?limit=-1", {}),
        ("GET", "/api/models/alice/not-here", {}),
        ("GET", "/api/models/%2e%2e/%2e%2e", {}),
        ("GET", "/alice/soak-data/resolve/main/%2e%2e%2fhearthub.db", {}),
        ("GET", "/alice/soak-data/resolve/nowhere/large.bin", {}),
        ("GET", "/alice/soak-data/resolve/main/large.bin", {"headers": {"Range": "bytes=9e9-"}}),
        ("GET", "/api/whoami-v2", {"headers": {"Authorization": "Bearer hf_nonsense"}}),
        ("POST", "/api/repos/create", {"content": b"{"}),
        ("POST", "/api/repos/create", {"json": {"name": "../x"}}),
        ("POST", "/api/models/alice/soak-data/commit/main", {"content": b"\x00\xff not json"}),
        ("POST", "/api/models/alice/soak-data/commit/main", {"content": b'{"key":"file"}'}),
        ("POST", "/api/models/alice/soak-data/preupload/main", {"json": {"files": 7}}),
        ("POST", "/api/models/alice/soak-data/super-squash/nowhere", {"json": {}}),
        ("POST", "/alice/soak-data.git/info/lfs/objects/batch", {"json": {"operation": "eat"}}),
        ("PUT", "/lfs/objects/" + "0" * 64, {"content": b"unsigned"}),
        ("POST", "/cas/0/v1/shards", {"content": b"not a shard"}),
        ("POST", "/cas/0/v1/xorbs/default/" + "f" * 64, {"content": b"not a xorb"}),
        ("DELETE", "/api/repos/delete", {"json": {"name": "not-here"}}),
        ("PATCH", "/api/models", {}),
    )
    FINE = (200, 400, 401, 403, 404, 405, 409, 412, 413, 416, 422, 429)

    def turn(self) -> None:
        method, path, words = self.rng.choice(self.WRONG)
        self.ask(method, path, *self.FINE, **words)


class Deserter(Caller):
    """Slow readers, and writers that stop in the middle of a body: they hang up."""

    def turn(self) -> None:
        parts = urlsplit(self.hub.url)
        with socket.create_connection((parts.hostname, parts.port), timeout=30) as line:
            lead = f"Host: {parts.netloc}\r\nAuthorization: Bearer {self.hub.tokens['alice']}\r\n"
            if self.rng.random() < 0.6:
                path = self.rng.choice(("large.bin", "large-by-xet.bin"))
                request = f"GET /alice/soak-data/resolve/main/{path} HTTP/1.1\r\n{lead}\r\n"
                line.sendall(request.encode())
                for _ in range(self.rng.randint(0, 12)):
                    line.recv(20_000)
                    time.sleep(self.rng.uniform(0, 0.1))
            else:
                place = "/api/models/alice/soak-data/commit/main"
                request = f"POST {place} HTTP/1.1\r\n{lead}Content-Length: 1000000\r\n\r\n"
                line.sendall(request.encode() + b'{"key": "header", "value": {' * 200)
                time.sleep(self.rng.uniform(0, 0.2))


CALLERS: tuple[type[Caller], ...] = (
    Committer,
    Searcher,
    Ranger,
    Liker,
    Mischief,
    Deserter,
)
