"""Any mixture of uploads, commits, deletions, time and collections: what refs reach stays readable,
and in the end nothing else is left."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from hearthub.errors import HearthubError
from hearthub.registry import Operation, PutFile
from hearthub.sandbox import Sandbox
from keeping.world import BIG, DAY_MS, HOUR_MS, close_world, open_world, pointer_to
from storage.xet_writer import pack_file

MEMORY = Path("/dev/shm")  # some thousand transactions, each waiting for a disk, take minutes
NAMES = ("ink", "sea")
# Few contents and paths, so that the same ones come back when their first copy is garbage.
CONTENTS = [bytes([number]) * (1500 + 1700 * number) for number in range(3)]
PATHS = ("a", "deep/b")
names, contents, paths = st.sampled_from(NAMES), st.sampled_from(CONTENTS), st.sampled_from(PATHS)
branches = st.sampled_from(("main", "side"))


class Keeping(RuleBasedStateMachine):
    sandbox: Sandbox

    @initialize()
    def start(self) -> None:
        self.folder = tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None)
        self.world = open_world(Path(self.folder.name), self.sandbox)
        self.world.clock.install()
        for name in NAMES:
            self.world.make_repo(name)

    # -- bytes --

    @rule(name=names, data=contents)
    def upload_lfs(self, name: str, data: bytes) -> None:
        self.world.upload_lfs(name, data)

    @rule(name=names, data=contents, ask=st.booleans(), scheme=st.sampled_from((0, 1)))
    def upload_xet(self, name: str, data: bytes, ask: bool, scheme: int) -> None:
        self.world.upload_xet(name, data, ask=ask, scheme=scheme)

    @rule(name=names, data=contents)
    def upload_half(self, name: str, data: bytes) -> None:
        """The client dies before its shard; elsewhere a process dies before its row."""
        self.world.upload_xorb(name, pack_file(data, 3000)[0], ask=True)
        world, repo_id = self.world, self.world.repo(name).id
        world.hub.storage.put_blob(f"git/{repo_id}/{data[0]:040x}", data)
        world.hub.storage.put_blob(f"lfs/{data[0]:064x}", data)

    # -- commits --

    @rule(name=names, branch=branches, path=paths, data=contents, big=st.booleans())
    def put(self, name: str, branch: str, path: str, data: bytes, big: bool) -> None:
        if f"refs/heads/{branch}" in self.world.refs[name]:
            self.world.put(name, branch, path, data * (BIG // len(data) + 1) if big else data)

    @rule(name=names, branch=branches, path=paths, data=contents, upload=st.booleans())
    def point(self, name: str, branch: str, path: str, data: bytes, upload: bool) -> None:
        if f"refs/heads/{branch}" in self.world.refs[name]:
            if upload:
                self.world.upload_lfs(name, data)
            done = self.world.point(name, branch, path, data)
            assert done or not upload

    @rule(
        name=names,
        data=contents,
        hours=st.integers(0, 30),
        days_before=st.sampled_from((0, 6, 8)),
    )
    def commit_slowly(self, name: str, data: bytes, hours: int, days_before: int) -> None:
        """Collections run after the first and after the last of a commit's operations."""
        world = self.world
        world.clock.now_ms += days_before * DAY_MS
        body = data * (BIG // len(data) + 1)

        def operations() -> Iterator[Operation]:
            yield PutFile("a", data)
            yield PutFile("deep/b", body)
            world.collect()
            world.clock.now_ms += hours * HOUR_MS
            yield pointer_to("c", data)
            world.collect()

        files = world.head(name) | {"a": data, "deep/b": body, "c": data}
        world.commit(name, "main", operations(), files)

    @rule(name=names, branch=branches, path=paths)
    def delete_file(self, name: str, branch: str, path: str) -> None:
        if path in self.world.refs[name].get(f"refs/heads/{branch}", {}):
            assert self.world.delete_file(name, branch, path)

    @rule(name=names, branch=branches)
    def squash(self, name: str, branch: str) -> None:
        world = self.world
        if f"refs/heads/{branch}" in world.refs[name]:
            oid = world.hub.registry.squash(world.actor, world.repo(name), branch, "all in one")
            world.old.append((name, oid, world.head(name, branch)))

    # -- refs --

    @rule(name=names)
    def delete_side(self, name: str) -> None:
        if self.world.refs[name].pop("refs/heads/side", None) is not None:
            world = self.world
            world.hub.registry.branches.delete_branch(world.actor, world.repo(name), "side")

    @rule(name=names)
    def delete_tag(self, name: str) -> None:
        if self.world.refs[name].pop("refs/tags/v1", None) is not None:
            self.world.hub.registry.branches.delete_tag(
                self.world.actor, self.world.repo(name), "v1"
            )

    @rule(name=names, message=st.sampled_from((None, "annotated")))
    def tag(self, name: str, message: str | None) -> None:
        world, repo = self.world, self.world.repo(name)
        if "refs/tags/v1" not in world.refs[name]:
            world.hub.registry.branches.create_tag(world.actor, repo, "v1", "main", message)
            world.refs[name]["refs/tags/v1"] = world.head(name)

    @precondition(lambda self: self.world.old)
    @rule(data=st.data(), as_tag=st.booleans())
    def revive(self, data: st.DataObject, as_tag: bool) -> None:
        """A branch or a tag at a commit that may be garbage: refused, or whole."""
        world, registry = self.world, self.world.hub.registry
        name, oid, files = data.draw(st.sampled_from(world.old))
        ref = "refs/tags/v1" if as_tag else "refs/heads/side"
        if ref in world.refs[name]:
            return
        try:
            if as_tag:
                registry.branches.create_tag(world.actor, world.repo(name), "v1", oid, "again")
            else:
                registry.branches.create_branch(world.actor, world.repo(name), "side", oid)
        except HearthubError:
            return
        world.refs[name][ref] = files

    @rule(name=names)
    def start_over(self, name: str) -> None:
        self.world.delete_repo(name)
        self.world.make_repo(name)

    # -- time --

    @rule(hours=st.sampled_from((1, 25, 6 * 24, 8 * 24, 8 * 24, 29 * 24)))
    def wait(self, hours: int) -> None:
        self.world.clock.now_ms += hours * HOUR_MS

    @rule(calls=st.integers(0, 12), hours=st.sampled_from((0, 1, 20)), twice=st.booleans())
    def interrupt(self, calls: int, hours: int, twice: bool) -> None:
        """What comes next is interrupted by a collection, as if by another process."""

        def act() -> None:
            if twice:
                self.world.collect()
            self.world.clock.now_ms += hours * HOUR_MS
            self.world.collect()

        self.world.clock.interrupt(calls, act)

    @rule()
    def run_jobs(self) -> None:
        self.world.hub.jobs.run_due()

    @rule(dry_first=st.booleans())
    def collect(self, dry_first: bool) -> None:
        if dry_first:
            self.world.clock.calm()
            told = self.world.hub.registry.collect(dry=True)
            done = self.world.hub.registry.collect()
            assert told.kinds == done.kinds
        else:
            self.world.collect()

    @invariant()
    def everything_is_readable(self) -> None:
        if hasattr(self, "world"):
            self.world.check_files()

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.clock.calm()
            self.world.collect_all()
            self.world.check_files()
            self.world.check_nothing_else()
            self.world.clock.remove()
            close_world(self.world)
            self.folder.cleanup()


def test_what_is_reached_stays_and_garbage_goes(sandbox: Sandbox) -> None:
    Keeping.sandbox = sandbox
    run_state_machine_as_test(
        Keeping,
        settings=settings(
            max_examples=30,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
