"""The use cases of Xet: take xorbs and shards in, answer dedup queries, plan reconstructions."""

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, nullcontext
from functools import lru_cache
from pathlib import Path
from typing import Any

from cachetools import LRUCache

from hearthub.clock import now_ms
from hearthub.errors import BadRequest, Damaged, NotFound, RangeNotSatisfiable, TooLarge
from hearthub.sandbox import Sandbox
from hearthub.storage.backends import Blobs
from hearthub.storage.damage import Damage, damaged
from hearthub.storage.objects import LfsObject, LfsObjects, Location, locate_blob
from hearthub.storage.spool import Spool
from hearthub.storage.tombstones import Tombstones
from hearthub.storage.xet import dedup, reconstruct, verification, xorbs
from hearthub.storage.xet.dedup import Candidate
from hearthub.storage.xet.hashes import ZERO, from_text, to_text
from hearthub.storage.xet.reconstruct import Recipe, UrlFor
from hearthub.storage.xet.rows import XetRows, batches
from hearthub.storage.xet.verification import EMPTY_SHA256, Survey, VerifiedFile
from hearthub.storage.xet.xorbs import XorbMeta

XORB_TIMEOUT_S = 60.0
SHARD_TIMEOUT_S = 60.0
SLOWEST_DISK = 20 * 10**6
"""Bytes a second: a shard's check may take this long before its worker is taken for stuck."""

LARGE_SHARD = 2**30
RECIPE_CACHE = 64 * 2**20  # bytes; a recipe has from fifty to seventy million
CACHED_METAS = 1024

Readable = Callable[[list[int]], set[int]]
"""Of these repo ids, those the caller may read."""

Progress = Callable[[int, int], None]
"""(bytes checked, bytes in all)."""


class Cas:
    def __init__(
        self,
        rows: XetRows,
        objects: LfsObjects,
        blobs: Blobs,
        sandbox: Sandbox,
        temporary: Path,
        tombstones: Tombstones,
        damage: Damage,
        *,
        max_file: int,
        workers: int,
    ) -> None:
        self._rows, self._objects, self._blobs, self._sandbox = rows, objects, blobs, sandbox
        self._temporary, self._max_file = temporary, max_file
        self._tombstones, self._damage = tombstones, damage
        # Hashing a large file takes minutes: leave a worker to everybody else's small ones.
        self._large = threading.BoundedSemaphore(max(1, workers // 2))
        self._recipes: LRUCache[str, Recipe] = LRUCache(RECIPE_CACHE, lambda it: it.weight)
        self._recipes_lock = threading.Lock()
        self._meta_of = lru_cache(maxsize=CACHED_METAS)(self._load_meta)

    # -- taking in --

    def receive_xorb(
        self, repo_id: int, xorb_hash: str, spool: Spool, by: int | None = None
    ) -> bool:
        """Verify and store an uploaded xorb. True when this repo had not sent it before.

        Says nothing of what other repos sent. Raises BadRequest when it is not what it claims,
        OverQuota.
        """
        spool.close()
        checked = self._sandbox.run(
            xorbs.verify_file, spool.path, xorb_hash, timeout=XORB_TIMEOUT_S
        )
        meta = XorbMeta.from_bytes(checked)
        if spool.size > meta.packed_ends[-1]:
            spool.truncate(meta.packed_ends[-1])
        key = f"xorbs/{xorb_hash}"
        # Before the bytes, so that what lies here already stays until the row says so. The row
        # first: a collector that deletes it marks the bytes, and that mark must be seen here.
        self._rows.touch([xorb_hash])
        self._tombstones.clear(key)
        if self._damage.is_listed(key) or self._is_cut(key, xorb_hash):
            return self._repair(key, repo_id, xorb_hash, meta, spool, by)
        is_new = self._blobs.put_file(key, spool.path)
        has_row = self._rows.has_xorb(xorb_hash)
        if not has_row:  # one that was collected may have been packed in another way
            self._meta_of.cache_clear()
        if not is_new and not has_row:
            # Whoever stored it died before the row, or is just about to write it. The same chunks
            # can be packed in many ways, so describe what lies there, not what was sent now.
            stored = self._sandbox.run(
                verification.verify_stored, self._blobs, key, xorb_hash, timeout=XORB_TIMEOUT_S
            )
            meta = XorbMeta.from_bytes(stored)
        return self._add(xorb_hash, meta, repo_id, by)

    def _add(self, xorb_hash: str, meta: XorbMeta, repo_id: int, by: int | None) -> bool:
        with self._rows.db.transaction():
            added = self._rows.add_xorb(xorb_hash, meta, repo_id, by)
            if added:  # many that come at once pass no limit together
                self._objects.require_xorb(repo_id, 0, by)
        return added

    def _is_cut(self, key: str, xorb_hash: str) -> bool:
        """Whether a xorb's row says more than its bytes hold."""
        expected = self._rows.disk_size(xorb_hash)
        return expected is not None and self._blobs.size(key) != expected

    def _repair(
        self, key: str, repo_id: int, xorb_hash: str, meta: XorbMeta, spool: Spool, by: int | None
    ) -> bool:
        """Put a xorb's verified bytes in the place of damaged ones.

        Until the end it counts as damaged, so nobody reads new bytes by what is known of the old.
        """
        self._damage.record(key, "is being repaired")
        self._blobs.put_file(key, spool.path, replace=True)
        added = self._rows.add_xorb(xorb_hash, meta, repo_id, by)
        self._rows.describe_anew(xorb_hash, meta)
        self._meta_of.cache_clear()
        self._damage.clear(key)
        return added

    def register_shard(
        self,
        repo_id: int,
        spool: Spool,
        progress: Progress | None = None,
        by: int | None = None,
    ) -> list[LfsObject]:
        """Verify everything a shard says, then give the repo its files. All or nothing.

        Raises BadRequest at the first lie or unknown xorb, TooLarge, OverQuota.
        """
        spool.close()
        survey = self._sandbox.run(verification.survey, spool.path, timeout=SHARD_TIMEOUT_S)
        sizes = {to_text(name): size for name, size in survey.files.items()}
        # By hashes that nobody has proved yet; what is found in the end is counted once more.
        claimed = {to_text(survey.sha256s[it]): size for it, size in survey.files.items()}
        self._objects.require_files(repo_id, claimed, by)
        known = self._rows.known_files(list(sizes))
        files = self._verify(spool.path, survey, known, progress)
        objects = []
        broken = [
            name for name in map(to_text, survey.files) if self._damage.is_listed(f"xet/{name}")
        ]
        broken += [name for name in known if name not in broken and self.is_damaged(name)]
        for file in files:
            if file.hash == ZERO:
                self._tombstones.clear(f"lfs/{EMPTY_SHA256}")
                self._blobs.put(f"lfs/{EMPTY_SHA256}", b"")
                objects.append(LfsObject(EMPTY_SHA256, 0, whole=True, xet_hash=None))
            else:
                name = to_text(file.hash)
                objects.append(LfsObject(file.sha256, file.size, whole=False, xet_hash=name))
        with self._rows.db.transaction():
            self._rows.add_files([file for file in files if file.hash != ZERO], broken)
            self._objects.add(repo_id, objects, by)
            self._rows.touch([to_text(xorb) for xorb in survey.xorbs])
        # Also of files that are new now: they may have been here, in other xorbs, and collected.
        self._forget(list(sizes))
        for name in broken:
            self._damage.clear(f"xet/{name}")
        return objects

    def _verify(
        self, shard: Path, survey: Survey, known: dict[str, str], progress: Progress | None
    ) -> list[VerifiedFile]:
        sizes = {name: size for name, size in survey.files.items() if to_text(name) not in known}
        total = sum(sizes.values())
        if max(survey.files.values(), default=0) > self._max_file or total > self._max_file:
            raise TooLarge(f"The shard's files are larger than {self._max_file} bytes")
        with ExitStack() as stack:
            stack.enter_context(self._large if total > LARGE_SHARD else nullcontext())
            metas = stack.enter_context(Spool(self._temporary, limit=2**40))
            places = self._gather(survey, metas)
            metas.close()
            return self._sandbox.run(
                verification.verify_shard,
                shard,
                self._blobs,
                metas.path,
                places,
                {from_text(name): sha256 for name, sha256 in known.items()},
                timeout=SHARD_TIMEOUT_S + total / SLOWEST_DISK,
                progress=progress,
            )

    def _gather(self, survey: Survey, metas: Spool) -> dict[bytes, tuple[int, int]]:
        """Write what is known of the shard's xorbs to a file for the worker, and where it is."""
        places: dict[bytes, tuple[int, int]] = {}
        names = [to_text(xorb) for xorb in survey.xorbs]
        self._rows.touch(names)  # none of them goes while the file is checked
        whole = [name for name in names if not self._damage.has(f"xorbs/{name}")]
        for name, meta in self._rows.metas(whole):
            places[from_text(name)] = (metas.size, len(meta))
            metas.write(meta)
        for xorb in survey.xorbs:
            if xorb not in places:
                raise BadRequest(
                    f"Unknown xorb {to_text(xorb)}: this hub does not have it (any more). If your "
                    "client remembers an upload that was lost, delete $HF_HOME/xet/*/shard-cache "
                    "and upload again"
                )
        return places

    # -- answering --

    def is_xorb_known(self, repo_id: int, xorb_hash: str, readable: Readable) -> bool:
        """Whether the caller need not send this xorb: stored, and sent by a repo they may read."""
        from_text(xorb_hash)
        owners = self._rows.owners([xorb_hash]).get(xorb_hash, set())
        if repo_id not in owners and not any(map(readable, batches(sorted(owners)))):
            return False
        if self._damage.has(f"xorbs/{xorb_hash}"):
            return False  # whoever has it may send it, and repair it
        self._rows.touch([xorb_hash])
        return self._rows.has_xorb(xorb_hash)  # not collected before the touch

    def dedup(self, repo_id: int, chunk_hash: str, readable: Readable) -> bytes | None:
        """A shard with the chunks of xorbs that hold this chunk and its neighbours, or None.

        Names only xorbs sent by repos that the caller may read.
        """
        wanted = from_text(chunk_hash)
        file = self._rows.file_of_chunk(chunk_hash)
        if file is None:
            return None
        names = [to_text(xorb) for xorb in self._recipe_of(file).xorbs()]
        names = list(dict.fromkeys([*names, *self._rows.xorbs_of_file(file)]))
        found = dedup.choose(wanted, self._candidates(repo_id, names, readable))
        if not found:
            return None
        answered = {to_text(xorb) for xorb, _ in found}
        self._rows.touch(sorted(answered))
        if self._rows.stored(sorted(answered)) != answered:
            return None  # one was collected before the touch
        return dedup.build(found, secrets.token_bytes(32), now_ms() // 1000)

    def _candidates(
        self, repo_id: int, names: list[str], readable: Readable
    ) -> Iterator[Candidate]:
        """Those of the xorbs that were sent by this repo, or by one that the caller may read."""
        for batch in batches(names, dedup.MAX_XORBS):
            owners = self._rows.owners(batch)
            own = {name for name, repos in owners.items() if repo_id in repos}
            others = set[int]().union(*(owners[name] for name in owners.keys() - own))
            allowed = set[int]().union(*map(readable, batches(sorted(others))))
            known = [
                name
                for name in batch
                if (name in own or owners.get(name, set()) & allowed)
                and not self._damage.has(f"xorbs/{name}")
            ]
            for name, meta in self._rows.metas(known):
                yield name, meta, name in own

    def reconstruction(
        self,
        repo_id: int,
        file_hash: str,
        start: int,
        end: int | None,
        url_for: UrlFor,
        version: int,
    ) -> dict[str, Any]:
        """How to fetch the bytes from `start` to before `end` (None: the end) of a repo's file.

        Raises NotFound unless the file was proved by this repo, RangeNotSatisfiable past its end.
        """
        from_text(file_hash)
        size = self._objects.size_of_xet(repo_id, file_hash)
        if size is None:
            raise NotFound("No such file in this repo")
        if start >= size:
            raise RangeNotSatisfiable(size)
        self._refuse_damaged(file_hash)
        end = size if end is None else min(end, size)
        plan = reconstruct.plan(self._recipe_of(file_hash), self._meta_of, start, end)
        return reconstruct.answer(plan, self._meta_of, url_for, version)

    def locate_file(self, file_hash: str, size: int) -> Location:
        """A file stored as chunks. Checks no access: the caller has."""
        self._refuse_damaged(file_hash)
        recipe = self._recipe_of(file_hash)
        return Location(
            size,
            lambda start, end: reconstruct.read(self._blobs, recipe, self._meta_of, start, end),
            lambda start, end: reconstruct.extent(self._blobs, recipe, self._meta_of, start, end),
        )

    def locate_xorb(self, xorb_hash: str) -> Location:
        """The stored xorb. Checks no access: the caller has verified a signature."""
        key = f"xorbs/{xorb_hash}"
        self._damage.refuse(key, f"Xorb {xorb_hash}")
        return locate_blob(self._blobs, key, self._meta_of(from_text(xorb_hash)).packed_ends[-1])

    def is_damaged(self, file_hash: str) -> bool:
        """Whether some of a file's chunks cannot be served, or which ones is not known."""
        listed = self._damage.listed()
        names = [key.removeprefix("xorbs/") for key in listed if key.startswith("xorbs/")]
        if not names or f"xet/{file_hash}" in listed:
            return f"xet/{file_hash}" in listed
        try:
            xorbs = self._recipe_of(file_hash).xorbs()
        except Damaged:
            return True
        return not set(map(from_text, names)).isdisjoint(xorbs)

    def _refuse_damaged(self, file_hash: str) -> None:
        if self.is_damaged(file_hash):
            raise damaged(f"File {file_hash}")

    def forget(self) -> None:
        """After a repair, here or in another process: what is remembered may be out of date."""
        self._meta_of.cache_clear()
        with self._recipes_lock:
            self._recipes.clear()

    def _forget(self, files: list[str]) -> None:
        with self._recipes_lock:
            for name in files:
                self._recipes.pop(name, None)

    def _recipe_of(self, file_hash: str) -> Recipe:
        with self._recipes_lock:
            known = self._recipes.get(file_hash)
        if known is not None:
            return known
        terms = self._rows.recipe(file_hash)
        if terms is None:
            raise damaged(f"The list of chunks of file {file_hash}")
        recipe = Recipe(terms)
        if recipe.weight < RECIPE_CACHE:
            with self._recipes_lock:
                self._recipes[file_hash] = recipe
        return recipe

    def _load_meta(self, xorb: bytes) -> XorbMeta:
        for _, meta in self._rows.metas([to_text(xorb)]):
            return XorbMeta.from_bytes(meta).without_hashes()
        raise damaged(f"Xorb {to_text(xorb)}")
