"""What the callers of a soak were told: the commits a hub acknowledged, and what went wrong."""

import hashlib
import random
import threading
import time
from dataclasses import dataclass, field
from functools import lru_cache

import httpx


@dataclass(frozen=True)
class Kept:
    """A file that the hub said it has: `size` bytes that follow from `seed`, at a commit."""

    commit: str
    path: str
    seed: int
    size: int

    @property
    def content(self) -> bytes:
        return content(self.seed, self.size)


@dataclass
class World:
    """Shared by all threads. `repos`: what is kept by (kind, id); a repo that is about to be
    moved or deleted is forgotten first, so that nobody complains that it is not there."""

    repos: dict[tuple[str, str], list[Kept]] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    acknowledged: int = 0
    by_real: int = 0
    """Of them, commits of real clients."""
    read_back: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    stop: threading.Event = field(default_factory=threading.Event)

    def add(self, kind: str, repo: str, kept: list[Kept]) -> None:
        """One acknowledged commit."""
        with self.lock:
            self.repos.setdefault((kind, repo), []).extend(kept)
            self.acknowledged += 1

    def forget(self, kind: str, repo: str) -> list[Kept]:
        with self.lock:
            return self.repos.pop((kind, repo), [])

    def put_back(self, kind: str, repo: str, kept: list[Kept]) -> None:
        """After a move."""
        with self.lock:
            self.repos[kind, repo] = kept

    def has(self, kind: str, repo: str) -> bool:
        with self.lock:
            return (kind, repo) in self.repos

    def any_repo(self, rng: random.Random) -> tuple[str, str] | None:
        with self.lock:
            return rng.choice(list(self.repos)) if self.repos else None

    def any_file(self, rng: random.Random) -> tuple[str, str, Kept] | None:
        with self.lock:
            full = [key for key, kept in self.repos.items() if kept]
            if not full:
                return None
            kind, repo = rng.choice(full)
            return kind, repo, rng.choice(self.repos[kind, repo])

    def complain(self, text: str) -> None:
        with self.lock:
            self.complaints.append(text[:600])

    def read_all_back(self, client: httpx.Client) -> int:
        """Every file of every acknowledged commit of the repos there are; how many were wrong."""
        wrong = 0
        for (kind, repo), kept in sorted(self.repos.items()):
            for file in kept:
                answer = patiently(client, address(kind, repo, file))
                self.read_back += 1
                if answer.status_code != 200 or answer.content != file.content:
                    wrong += 1
                    self.complain(f"lost: {kind} {repo} {file}: {answer.status_code}")
        return wrong


def patiently(client: httpx.Client, url: str) -> httpx.Response:
    """As clients do: where an address sent too much nonsense, a token it has not shown before waits
    until the window of rates ends."""
    answer = client.get(url)
    if answer.status_code == 429:
        time.sleep(1 + int(answer.headers.get("retry-after", 300)))
        answer = client.get(url)
    return answer


@lru_cache(4096)
def small_content(seed: int, size: int) -> bytes:
    return random.Random(seed).randbytes(size)


def content(seed: int, size: int) -> bytes:
    return small_content(seed, size) if size < 4096 else random.Random(seed).randbytes(size)


def address(kind: str, repo: str, file: Kept) -> str:
    prefix = "" if kind == "model" else f"/{kind}s"
    return f"{prefix}/{repo}/resolve/{file.commit}/{file.path}"


def name_of(*words: object) -> int:
    """A seed that follows from words, the same in every process."""
    return int.from_bytes(hashlib.sha256(repr(words).encode()).digest()[:6], "big")
