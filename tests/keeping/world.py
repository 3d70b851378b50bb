"""A hub's parts on a real disk, with a clock that a test moves, and what ought to be in it."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from hearthub import clock, migrations
from hearthub.accounts import Actor
from hearthub.app import build
from hearthub.context import Hub
from hearthub.errors import HearthubError
from hearthub.registry import CommitHeader, DeleteFile, Operation, PutFile, PutLfs, Repo
from hearthub.registry.pointers import Pointer, parse_pointer
from hearthub.sandbox import Sandbox
from hearthub.settings import Settings
from storage.xet_writer import Xorb, pack_file, whole_file

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
BIG = 140_000  # bytes: a git object over the limit of a row

Files = dict[str, bytes]


class Clock:
    """Stands in for the module `time` inside `hearthub.clock`, and nowhere else."""

    def __init__(self) -> None:
        self.now_ms = 1_800_000_000_000
        self._countdown = 0
        self._action: Callable[[], None] | None = None

    def interrupt(self, calls: int, action: Callable[[], None]) -> None:
        """Do something else when somebody asks for the time for the n-th time outside of a
        transaction: what another process might do at that moment."""
        self._countdown, self._action = calls, action

    def calm(self) -> None:
        self._action = None

    is_free: Callable[[], bool] = staticmethod(lambda: True)

    def time_ns(self) -> int:
        if self._action is not None and self.is_free():
            self._countdown -= 1
            if self._countdown < 0:
                action, self._action = self._action, None
                action()
        return self.now_ms * 1_000_000

    def install(self) -> None:
        clock.time = self  # type: ignore[assignment]

    @staticmethod
    def remove() -> None:
        import time

        clock.time = time


@dataclass
class World:
    hub: Hub
    data: Path
    clock: Clock
    actor: Actor
    refs: dict[str, dict[str, Files]] = field(default_factory=dict)
    """repo name -> ref name -> what its files hold."""
    old: list[tuple[str, str, Files]] = field(default_factory=list)
    """Commits there were: repo name, oid, files."""

    # -- what clients do --

    def repo(self, name: str) -> Repo:
        return self.hub.registry.repo(self.actor, "model", f"alice/{name}")

    def make_repo(self, name: str) -> None:
        repo = self.hub.registry.create(self.actor, "model", f"alice/{name}")
        entry = self.hub.registry.resolve(
            self.actor, "model", repo.full_name, "main", ".gitattributes"
        )[2]
        content = self.hub.registry.content(repo, entry)
        assert isinstance(content, bytes)
        self.refs[name] = {"refs/heads/main": {".gitattributes": content}}

    def delete_repo(self, name: str) -> None:
        self.hub.registry.delete(self.actor, "model", f"alice/{name}")
        del self.refs[name]
        self.old = [item for item in self.old if item[0] != name]

    def upload_lfs(self, name: str, data: bytes) -> None:
        sha256 = hashlib.sha256(data).hexdigest()
        lfs = self.hub.storage.lfs
        [upload] = lfs.batch_upload(self.repo(name).id, [(sha256, len(data))])
        if upload.token:
            with self.hub.storage.spool(len(data), hashed=True) as spool:
                spool.write(data)
                lfs.receive(lfs.ticket(upload.token), spool)

    def upload_xorb(self, name: str, xorb: Xorb, *, ask: bool) -> None:
        repo = self.repo(name)
        readable = lambda ids: self.hub.registry.readable(self.actor, ids)  # noqa: E731
        if ask and self.hub.storage.is_xorb_known(repo.id, xorb.hash, readable):
            return
        with self.hub.storage.spool(self.hub.storage.max_xorb) as spool:
            spool.write(xorb.body)
            self.hub.storage.receive_xorb(repo.id, xorb.hash, spool)

    def upload_xet(self, name: str, data: bytes, *, ask: bool, scheme: int = 0) -> None:
        xorbs = pack_file(data, 3000, (scheme,))
        for xorb in xorbs:
            self.upload_xorb(name, xorb, ask=ask)
        with self.hub.storage.spool(self.hub.storage.max_shard) as spool:
            spool.write(whole_file(xorbs).encode())
            self.hub.storage.register_shard(self.repo(name).id, spool)

    def commit(
        self, name: str, branch: str, operations: Iterable[Operation], files: Files
    ) -> str | None:
        """`files`: what the branch holds afterwards. None when the hub refused."""
        repo = self.repo(name)
        header = CommitHeader("a change")
        try:
            done = self.hub.registry.commit(self.actor, repo, branch, header, operations)
        except HearthubError:
            return None
        self.refs[name][f"refs/heads/{branch}"] = files
        self.old.append((name, done.oid, files))
        return done.oid

    def head(self, name: str, branch: str = "main") -> Files:
        return dict(self.refs[name][f"refs/heads/{branch}"])

    def put(self, name: str, branch: str, path: str, data: bytes) -> str | None:
        files = self.head(name, branch) | {path: data}
        return self.commit(name, branch, [PutFile(path, data)], files)

    def point(self, name: str, branch: str, path: str, data: bytes) -> str | None:
        files = self.head(name, branch) | {path: data}
        return self.commit(name, branch, [pointer_to(path, data)], files)

    def delete_file(self, name: str, branch: str, path: str) -> str | None:
        files = self.head(name, branch)
        del files[path]
        return self.commit(name, branch, [DeleteFile(path)], files)

    def collect(self, *, dry: bool = False) -> int:
        # Without the lock that `collect` takes for backups: collectors must not need it.
        tally = self.hub.registry._collect(dry, lambda _text: None)
        assert tally.notes == []
        return tally.removed

    def collect_all(self) -> None:
        """Until nothing is left to collect, over all grace periods."""
        self.hub.jobs.run_due()
        for _ in range(8):
            self.clock.now_ms += 30 * DAY_MS
            self.collect()

    # -- what must be true --

    def check_files(self) -> None:
        """Every file of every ref reads back, byte for byte."""
        for name, refs in self.refs.items():
            repo = self.repo(name)
            assert {ref.name for ref in self.hub.registry.refs(repo)} == set(refs)
            for ref, files in refs.items():
                commit = self.hub.registry.commit_of(repo, ref)
                found = self.hub.registry.tree(repo, commit, recursive=True)
                assert {it.path for it in found if not it.is_folder} == set(files)
                for path, data in files.items():
                    _, _, entry = self.hub.registry.resolve(
                        self.actor, "model", repo.full_name, ref, path
                    )
                    got = self.hub.registry.read_range(repo, entry, 0, len(data) + 1)
                    assert got == data, (name, ref, path)

    def check_nothing_else(self) -> None:
        """Tables and disk hold what the refs need, and no more."""
        db, objects_db = self.hub.db, self.hub.objects_db
        repos = {name: self.repo(name).id for name in self.refs}
        reached = {
            (repos[name], bytes.fromhex(oid))
            for name in self.refs
            for oid in reached_from_refs(self.hub, repos[name])
        }
        rows = objects_db.all("select repo_id, oid, kind, size, z from obj")
        assert {(row.repo_id, bytes(row.oid)) for row in rows} == reached
        pointers = {
            (row.repo_id, pointer.sha256)
            for row in rows
            if row.kind == 3 and row.size < 1024
            if (pointer := parse_pointer(self.hub_content(row)))
        }
        claims = db.all("select repo_id, sha256, whole, xet_hash from lfs_object")
        assert {(row.repo_id, row.sha256) for row in claims} == pointers
        xet = {row.xet_hash for row in claims if row.xet_hash}
        assert {row[0] for row in db.all("select hash from xet_file")} == xet
        xorbs = {row[0] for row in db.all("select xorb from xet_file_xorb")}
        assert {row[0] for row in db.all("select hash from xorb")} == xorbs
        expected = {f"lfs/{row.sha256}" for row in claims if row.whole}
        expected |= {f"xorbs/{name}" for name in xorbs}
        expected |= {f"git/{row.repo_id}/{bytes(row.oid).hex()}" for row in rows if row.z is None}
        stored = {key for kind in ("lfs/", "xorbs/", "git/") for key in self.keys(kind)}
        assert stored == expected
        assert db.all("select * from blob_garbage") == []
        assert objects_db.all("select * from obj_garbage") == []
        assert [path for path in (self.data / "tmp").rglob("*") if path.is_file()] == []
        for name, repo_id in repos.items():
            self.hub.registry.measure({"repo_id": repo_id})
            assert self.repo(name).used_storage == sum(
                row.size for row in rows if row.repo_id == repo_id
            ) + self.hub.storage.used(repo_id)

    def keys(self, kind: str) -> set[str]:
        return set(self.hub.storage.list_blobs(kind))

    def hub_content(self, row: object) -> bytes:
        from hearthub.registry.objects import inflate

        return inflate(row.z, row.size)  # type: ignore[attr-defined]


def pointer_to(path: str, data: bytes) -> PutLfs:
    return PutLfs(path, hashlib.sha256(data).hexdigest(), len(data))


def pointer_text(data: bytes) -> bytes:
    return Pointer(hashlib.sha256(data).hexdigest(), len(data)).encode()


def reached_from_refs(hub: Hub, repo_id: int) -> set[str]:
    """As git would walk it: in memory, without anything of the collector's."""
    from hearthub.registry.gitformat import Kind, decode_commit, decode_tag, decode_tree
    from hearthub.registry.objects import ObjectStore

    store = ObjectStore(hub.objects_db, hub.storage)
    seen: set[str] = set()
    rows = hub.db.all("select oid from ref where repo_id = :id", id=repo_id)
    waiting = [row.oid for row in rows]
    while waiting:
        oid = waiting.pop()
        if oid in seen:
            continue
        seen.add(oid)
        kind, content = store.read(repo_id, oid)
        if kind is Kind.COMMIT:
            commit = decode_commit(content)
            waiting += [commit.tree, *commit.parents]
        elif kind is Kind.TREE:
            waiting += [entry.oid for entry in decode_tree(content).values()]
        elif kind is Kind.TAG:
            waiting.append(decode_tag(content).target)
    return seen


def open_world(data: Path, sandbox: Sandbox) -> World:
    """With alice, and nothing else."""
    settings = Settings(data=data)
    db = migrations.open_main(settings)
    objects_db = migrations.open_objects(settings, db)
    catalogue_db = migrations.open_catalogue(settings)
    hub = build(settings, db, objects_db, catalogue_db, sandbox)
    hub.accounts.add_user("alice")
    token = hub.accounts.add_token("alice", "write")
    world = World(hub, data, Clock(), hub.accounts.authenticate(token))
    world.clock.is_free = lambda: (
        not (db.in_transaction or objects_db.in_transaction or catalogue_db.in_transaction)
    )
    return world


def close_world(world: World) -> None:
    world.hub.catalogue_db.close()
    world.hub.objects_db.close()
    world.hub.db.close()


__all__ = [
    "BIG",
    "DAY_MS",
    "HOUR_MS",
    "Clock",
    "World",
    "close_world",
    "open_world",
]
