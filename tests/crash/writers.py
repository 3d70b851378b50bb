"""Writers for the crash tests: clients that send, retry while the hub is away, and note acks.

What a writer holds an acknowledgement for, it never sends again: an upload acknowledged before a
kill is committed after it.
"""

import base64
import hashlib
import json
import random
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import httpx

from live import LiveHub
from storage.xet_writer import pack_file, whole_file

REPOS = ("alice/ink", "acme/sea")
GIVE_UP_S = 60
PAUSE_S = 0.1


class Stopped(Exception):
    """The round of tests is over."""


@dataclass(frozen=True)
class Acked:
    """A commit the hub acknowledged: these files, by sha256, are in `repo` at `oid` for ever."""

    repo: str
    oid: str
    files: dict[str, str]


@dataclass
class Ledger:
    """What was acknowledged, and what was refused: nothing these writers send may be."""

    commits: list[Acked] = field(default_factory=list)
    repos: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    uploads: dict[str, int] = field(default_factory=dict)


class Writer(threading.Thread):
    """One client. Inline files, LFS, Xet and new repos in turn, all on the branch main."""

    def __init__(self, hub: LiveHub, ledger: Ledger, seed: str) -> None:
        super().__init__(daemon=True, name=f"writer {seed}")
        self.hub, self.ledger, self.seed = hub, ledger, seed
        self.random = random.Random(seed)
        self.stopping = threading.Event()
        self.client = hub.client("alice")
        self.sent = 0

    def run(self) -> None:
        try:
            while True:
                self.random.choice((self.inline, self.inline, self.lfs, self.xet, self.repo))()
        except Stopped:
            self.client.close()
        except Exception as error:
            self.ledger.refusals.append(f"{self.name}: {error!r}")
            raise

    def stop(self) -> None:
        self.stopping.set()
        self.join(GIVE_UP_S)

    # -- what it sends --

    def inline(self) -> None:
        """Up to three files in the body of a commit; one may be large enough for the blob store."""
        count = self.random.randint(1, 3)
        sizes = [self.random.choice((0, 30, 3000, 200_000)) for _ in range(count)]
        files = {self.path(): self.random.randbytes(size) for size in sizes}
        lines = [
            {
                "key": "file",
                "value": {
                    "path": path,
                    "content": base64.b64encode(data).decode(),
                    "encoding": "base64",
                },
            }
            for path, data in files.items()
        ]
        self.commit(lines, files)

    def lfs(self) -> None:
        repo, data = self.random.choice(REPOS), self.random.randbytes(400_000)
        oid = hashlib.sha256(data).hexdigest()
        body = {
            "operation": "upload",
            "transfers": ["basic"],
            "objects": [{"oid": oid, "size": len(data)}],
        }
        answer = self.send("POST", f"/{repo}.git/info/lfs/objects/batch", json=body).json()
        if actions := answer["objects"][0].get("actions"):
            self.send("PUT", actions["upload"]["href"], content=data)
        self.note("lfs")
        path = self.path()
        self.commit([lfs_line(path, data)], {path: data}, repo)

    def xet(self) -> None:
        """Two xorbs, then the shard that makes a file of them (or the older kind of shard)."""
        repo, data = self.random.choice(REPOS), self.random.randbytes(600_000)
        xorbs = pack_file(data[:300_000], 40_000, (0, 1)) + pack_file(data[300_000:], 60_000)
        token = self.send("GET", f"/api/models/{repo}/xet-write-token/main").json()
        headers = {"Authorization": f"Bearer {token['accessToken']}"}
        for xorb in xorbs:
            url = f"{token['casUrl']}/v1/xorbs/default/{xorb.hash}"
            self.send("POST", url, content=xorb.body, headers=headers)
        self.note("xorb")
        version = self.random.choice(("v1", "v2"))
        shard = whole_file(xorbs).encode()
        self.send(
            "POST",
            f"{token['casUrl']}/{version}/shards",
            content=shard,
            headers=headers,
            complete=lambda answer: b'"result"' in answer.content,
        )
        self.note(f"shard {version}")
        path = self.path()
        self.commit([lfs_line(path, data)], {path: data}, repo)

    def repo(self) -> None:
        name = self.path().removesuffix(".bin").replace("/", "-")
        answer = self.send("POST", "/api/repos/create", json={"name": name}, allowed=(409,))
        if answer.status_code == 200 or b"already created" in answer.content:
            self.ledger.repos.append(f"alice/{name}")

    def commit(
        self, lines: Iterable[dict], files: dict[str, bytes], repo: str | None = None
    ) -> None:
        repo = repo or self.random.choice(REPOS)
        header = {"key": "header", "value": {"summary": f"{', '.join(files)}"}}
        body = b"".join(json.dumps(line).encode() + b"\n" for line in (header, *lines))
        answer = self.send("POST", f"/api/models/{repo}/commit/main", content=body).json()
        hashes = {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}
        self.ledger.commits.append(Acked(repo, answer["commitOid"], hashes))

    # -- how --

    def send(
        self,
        method: str,
        url: str,
        *,
        allowed: tuple[int, ...] = (),
        complete: Callable[[httpx.Response], bool] = lambda _: True,
        **rest: object,
    ) -> httpx.Response:
        """Until it is answered: a hub that is down is asked again."""
        while not self.stopping.is_set():
            try:
                answer = self.client.request(method, url, **rest)
            except httpx.TransportError:
                time.sleep(PAUSE_S)
                continue
            if answer.status_code in allowed or (answer.status_code == 200 and complete(answer)):
                return answer
            self.ledger.refusals.append(f"{method} {url}: {answer.status_code} {answer.text}")
            time.sleep(PAUSE_S)
        raise Stopped

    def path(self) -> str:
        self.sent += 1
        folder = self.random.choice(("", "deep/", "deep/er/"))
        return f"{folder}{self.seed.replace(' ', '-')}-{self.sent}.bin"

    def note(self, what: str) -> None:
        self.ledger.uploads[what] = self.ledger.uploads.get(what, 0) + 1


def lfs_line(path: str, data: bytes) -> dict:
    oid = hashlib.sha256(data).hexdigest()
    value = {"path": path, "algo": "sha256", "oid": oid, "size": len(data)}
    return {"key": "lfsFile", "value": value}
