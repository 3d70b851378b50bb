"""A hub of alice, bob and charlie without a server, and repos with all kinds of content in it."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hearthub.accounts import Actor
from hearthub.app import open_hub
from hearthub.context import Hub
from hearthub.registry import CommitHeader, Operation, PutFile, PutLfs, Repo
from hearthub.settings import Settings


@dataclass
class Shelf:
    hub: Hub
    folder: Path

    def actor(self, name: str = "alice") -> Actor:
        return self.hub.accounts.actor(name)

    def repo(self, name: str, **more: Any) -> Repo:
        return self.hub.registry.create(self.actor(), "model", name, **more)

    def upload(self, repo: Repo, content: bytes) -> str:
        """By LFS; its sha256."""
        path = self.folder / "upload"
        path.write_bytes(content)
        sha256 = hashlib.sha256(content).hexdigest()
        self.hub.storage.take_file(repo.id, sha256, len(content), path)
        return sha256

    def commit(
        self, repo: Repo, *operations: Operation, rev: str = "main", who: str = "alice"
    ) -> str:
        commit = self.hub.registry.commit
        header = CommitHeader("a change")
        return commit(self.actor(who), repo, rev, header, list(operations)).oid

    def large(self, repo: Repo, path: str, content: bytes, rev: str = "main") -> str:
        sha256 = self.upload(repo, content)
        self.commit(repo, PutLfs(path, sha256, len(content)), rev=rev)
        return sha256

    def small(self, repo: Repo, path: str, content: bytes, rev: str = "main") -> str:
        return self.commit(repo, PutFile(path, content), rev=rev)

    def files(self, repo: Repo, rev: str = "main") -> dict[str, bytes]:
        """Every file with its content."""
        registry = self.hub.registry
        commit = registry.commit_of(repo, rev)
        found = {}
        for entry in registry.tree(repo, commit, recursive=True):
            if not entry.is_folder:
                content = registry.content(repo, entry)
                whole = content if isinstance(content, bytes) else content.read(0, content.size)
                found[entry.path] = whole if isinstance(whole, bytes) else b"".join(whole)
        return found

    def log(self, repo: Repo, rev: str = "main") -> list[str]:
        return [oid for oid, _ in self.hub.registry.history(repo, rev)[0]]

    def bytes_on_disk(self) -> int:
        """Of stored content, each file once, whatever it is called."""
        paths = [p for kind in ("lfs", "git", "xorbs") for p in (self.folder / kind).rglob("*")]
        sizes = {path.stat().st_ino: path.stat().st_size for path in paths if path.is_file()}
        return sum(sizes.values())


@contextmanager
def open_shelf(folder: Path, **settings: Any) -> Iterator[Shelf]:
    with open_hub(Settings(data=folder, **settings)) as hub:
        for name in ("alice", "bob", "charlie"):
            hub.accounts.add_user(name)
        hub.accounts.add_org("acme")
        hub.accounts.set_member("acme", "alice", "admin")
        hub.accounts.set_member("acme", "bob", "read")
        yield Shelf(hub, folder)
