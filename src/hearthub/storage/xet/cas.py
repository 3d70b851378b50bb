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
from hearthub.errors import BadRequest, NotFound, RangeNotSatisfiable, TooLarge, Unavailable
from hearthub.sandbox import Sandbox
from hearthub.storage.backends import Blobs
from hearthub.storage.objects import LfsObject, LfsObjects, Location, locate_blob
from hearthub.storage.spool import Spool
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
        *,
        max_file: int,
        workers: int,
    ) -> None:
        self._rows, self._objects, self._blobs, self._sandbox = rows, objects, blobs, sandbox
        self._temporary, self._max_file = temporary, max_file
        # Hashing a large file takes minutes: leave a worker to everybody else's small ones.
        self._large = threading.BoundedSemaphore(max(1, workers // 2))
        self._recipes: LRUCache[str, Recipe] = LRUCache(RECIPE_CACHE, lambda it: it.weight)
        self._recipes_lock = threading.Lock()
        self._meta_of = lru_cache(maxsize=CACHED_METAS)(self._load_meta)

    # -- taking in --

    def receive_xorb(self, repo_id: int, xorb_hash: str, spool: Spool) -> bool:
        """Verify and store an uploaded xorb. True when this repo had not sent it before.

        Says nothing of what other repos sent. Raises BadRequest when it is not what it claims.
        """
        spool.close()
        checked = self._sandbox.run(
            xorbs.verify_file, spool.path, xorb_hash, timeout=XORB_TIMEOUT_S
        )
        meta = XorbMeta.from_bytes(checked)
        if spool.size > meta.packed_ends[-1]:
            spool.truncate(meta.packed_ends[-1])
        key = f"xorbs/{xorb_hash}"
        is_new = self._blobs.put_file(key, spool.path)
        if not is_new and not self._rows.has_xorb(xorb_hash):
            # Whoever stored it died before the row, or is just about to write it. The same chunks
            # can be packed in many ways, so describe what lies there, not what was sent now.
            stored = self._sandbox.run(
                verification.verify_stored, self._blobs, key, xorb_hash, timeout=XORB_TIMEOUT_S
            )
            meta = XorbMeta.from_bytes(stored)
        return self._rows.add_xorb(xorb_hash, meta, repo_id)

    def register_shard(
        self, repo_id: int, spool: Spool, progress: Progress | None = None
    ) -> list[LfsObject]:
        """Verify everything a shard says, then give the repo its files. All or nothing.

        Raises BadRequest at the first lie or unknown xorb, TooLarge, OverQuota.
        """
        spool.close()
        survey = self._sandbox.run(verification.survey, spool.path, timeout=SHARD_TIMEOUT_S)
        sizes = {to_text(name): size for name, size in survey.files.items()}
        self._objects.require_growth(repo_id, sizes)
        known = self._rows.known_files(list(sizes))
        files = self._verify(spool.path, survey, known, progress)
        objects = []
        for file in files:
            if file.hash == ZERO:
                self._blobs.put(f"lfs/{EMPTY_SHA256}", b"")
                objects.append(LfsObject(EMPTY_SHA256, 0, whole=True, xet_hash=None))
            else:
                name = to_text(file.hash)
                objects.append(LfsObject(file.sha256, file.size, whole=False, xet_hash=name))
        with self._rows.db.transaction():
            self._rows.add_files([file for file in files if file.hash != ZERO])
            self._objects.add(repo_id, objects)
            self._rows.touch([to_text(xorb) for xorb in survey.xorbs])
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
        for name, meta in self._rows.metas([to_text(xorb) for xorb in survey.xorbs]):
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
        self._rows.touch([xorb_hash])
        return True

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
        self._rows.touch([to_text(xorb) for xorb, _ in found])
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
            known = [name for name in batch if name in own or owners.get(name, set()) & allowed]
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
        end = size if end is None else min(end, size)
        plan = reconstruct.plan(self._recipe_of(file_hash), self._meta_of, start, end)
        return reconstruct.answer(plan, self._meta_of, url_for, version)

    def locate_file(self, file_hash: str, size: int) -> Location:
        """A file stored as chunks. Checks no access: the caller has."""
        recipe = self._recipe_of(file_hash)
        return Location(
            size,
            lambda start, end: reconstruct.read(self._blobs, recipe, self._meta_of, start, end),
            lambda start, end: reconstruct.extent(self._blobs, recipe, self._meta_of, start, end),
        )

    def locate_xorb(self, xorb_hash: str) -> Location:
        """The stored xorb. Checks no access: the caller has verified a signature."""
        from_text(xorb_hash)
        return locate_blob(self._blobs, f"xorbs/{xorb_hash}")

    def _recipe_of(self, file_hash: str) -> Recipe:
        with self._recipes_lock:
            known = self._recipes.get(file_hash)
        if known is not None:
            return known
        terms = self._rows.recipe(file_hash)
        if terms is None:
            raise Unavailable(f"The terms of file {file_hash} are missing")
        recipe = Recipe(terms)
        if recipe.weight < RECIPE_CACHE:
            with self._recipes_lock:
                self._recipes[file_hash] = recipe
        return recipe

    def _load_meta(self, xorb: bytes) -> XorbMeta:
        for _, meta in self._rows.metas([to_text(xorb)]):
            return XorbMeta.from_bytes(meta).without_hashes()
        raise Unavailable(f"The xorb {to_text(xorb)} is missing")
