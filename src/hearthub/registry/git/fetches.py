"""Which objects a fetch is sent: what its wants reach and its haves do not.

After gitprotocol-v2(5) and git's own rules for shallow and partial clones. Oids are 20 bytes here.
"""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Lock

from cachetools import LRUCache

from hearthub.errors import BadRequest
from hearthub.registry.git.contents import Contents, Filter
from hearthub.registry.git.graph import Graph
from hearthub.registry.gitformat import Kind, decode_tag
from hearthub.registry.objects import ObjectStore
from hearthub.registry.reach import Reach
from hearthub.registry.refs import TAGS, Ref

CACHE_BYTES = 32 * 2**20
INFINITE = 0x7FFFFFFF
"""The depth by which git asks for everything (`--unshallow`)."""


@dataclass(frozen=True)
class Fetch:
    """What a client asks for.

    `shallow`: commits whose parents it lacks. `depth`: how many commits from each want (or, with
    `is_relative`, from where its history ends now); `since`: none older, in seconds since 1970;
    `without`: none that these commits reach.
    """

    wants: tuple[bytes, ...]
    haves: tuple[bytes, ...] = ()
    shallow: frozenset[bytes] = frozenset()
    depth: int | None = None
    is_relative: bool = False
    since: int | None = None
    without: tuple[bytes, ...] = ()
    leaves_out: Filter = field(default_factory=Filter)
    with_tags: bool = False

    @property
    def deepens(self) -> bool:
        return self.depth is not None or self.since is not None or bool(self.without)


@dataclass(frozen=True)
class Selection:
    """`objects` to send; where history ends now (`shallow`), and where it no longer does."""

    objects: tuple[bytes, ...]
    shallow: tuple[bytes, ...] = ()
    unshallow: tuple[bytes, ...] = ()


class Selector:
    def __init__(self, store: ObjectStore, reach: Reach) -> None:
        self._store, self._reach = store, reach
        self._kept: LRUCache[tuple[object, ...], tuple[bytes, ...]] = LRUCache(
            CACHE_BYTES, lambda oids: 100 + 61 * len(oids)
        )
        self._lock = Lock()

    def select(self, repo_id: int, refs: list[Ref], ask: Fetch) -> Selection:
        """Raises BadRequest for a want that no ref reaches: nobody is sent those."""
        self._require_reachable(repo_id, refs, ask.wants)
        if ask.haves or ask.shallow or ask.deepens:
            return _Walk(self._store, repo_id, refs, ask).selection()
        # Which tags go along is a matter of the refs, too.
        tags = frozenset(it.oid for it in refs if ask.with_tags and it.name.startswith(TAGS))
        key = (repo_id, frozenset(ask.wants), ask.leaves_out, tags)
        with self._lock:
            objects = self._kept.get(key)
        if objects is None:
            objects = _Walk(self._store, repo_id, refs, ask).selection().objects
            with self._lock:
                if 100 + 61 * len(objects) < CACHE_BYTES:
                    self._kept[key] = objects
        return Selection(objects)

    def common(self, repo_id: int, haves: Iterable[bytes]) -> set[bytes]:
        """Those of `haves` that the repo has too, and that are commits."""
        kinds = self._store.kinds(repo_id, (oid.hex() for oid in haves))
        return {bytes.fromhex(oid) for oid, kind in kinds.items() if kind is Kind.COMMIT}

    def is_enough(
        self, repo_id: int, refs: list[Ref], wants: Iterable[bytes], common: set[bytes]
    ) -> bool:
        """Whether every want descends from something both sides have: no need to ask on.

        Raises BadRequest as `select` does: what a want descends from tells that it is here.
        """
        self._require_reachable(repo_id, refs, wants)
        graph = Graph(self._store, repo_id)
        if not common:
            return False
        oldest = min(graph[oid].when for oid in common)
        targets = [_peel(self._store, repo_id, want, []) for want in wants]
        return all(
            _reaches(graph, target, common, oldest)
            for kind, target in targets
            if kind is Kind.COMMIT
        )

    def forget(self) -> None:
        """Objects were collected."""
        with self._lock:
            self._kept.clear()

    def unreached(self, repo_id: int, refs: list[Ref], oids: Iterable[bytes]) -> set[bytes]:
        """Those of these objects that no ref reaches."""
        lost, unsure = self.judged(repo_id, set(oids) - _tips(refs))
        return lost | unsure.difference(self.reached(repo_id, refs) if unsure else ())

    def judged(self, repo_id: int, oids: set[bytes]) -> tuple[set[bytes], set[bytes]]:
        """Those that no ref reaches, and those of which only a walk can tell: all but commits,
        which have rows, and what is not here."""
        kinds = self._store.kinds(repo_id, (oid.hex() for oid in oids))
        commits = {oid for oid, kind in kinds.items() if kind is Kind.COMMIT}
        known = self._reach.among(repo_id, commits)
        unsure = {bytes.fromhex(oid) for oid in kinds.keys() - commits}
        return oids - unsure - {bytes.fromhex(oid) for oid in known}, unsure

    def reached(self, repo_id: int, refs: list[Ref]) -> tuple[bytes, ...]:
        """All that refs reach."""
        tips = tuple(sorted(_tips(refs)))
        return self.select(repo_id, refs, Fetch(tips)).objects if tips else ()

    def _require_reachable(self, repo_id: int, refs: list[Ref], wants: Iterable[bytes]) -> None:
        unreachable = self.unreached(repo_id, refs, wants)
        if unreachable:
            raise BadRequest(f"upload-pack: not our ref {min(unreachable).hex()}")


class _Walk:
    """One fetch being answered."""

    def __init__(self, store: ObjectStore, repo_id: int, refs: list[Ref], ask: Fetch) -> None:
        self._store, self._repo_id, self._refs, self._ask = store, repo_id, refs, ask
        self._graph = Graph(store, repo_id)
        self._contents = Contents(store, repo_id)

    def selection(self) -> Selection:
        ask = self._ask
        if not ask.haves and not ask.deepens:
            self._graph.read_all()
        tags: list[bytes] = []
        tips, others = list[bytes](), list[bytes]()
        for want in dict.fromkeys(ask.wants):
            kind, target = _peel(self._store, self._repo_id, want, tags)
            (tips if kind is Kind.COMMIT else others).append(target)
        ends, shallow, unshallow = self._edge(tips)
        starts = [*tips, *(p for oid in unshallow for p in self._graph[oid].parents)]
        commits, edge = self._paint(starts, ends)
        trees = [self._graph[oid].tree for oid in commits]
        seen = self._contents.all_of([self._graph[oid].tree for oid in (*edge, *unshallow)])
        found = self._contents.new_in(trees, others, seen, ask.leaves_out)
        if ask.with_tags:
            tags += self._tags_of(set(commits))
        objects = dict.fromkeys([*commits, *tags, *found])
        return Selection(tuple(objects), tuple(shallow), tuple(unshallow))

    def _edge(self, tips: list[bytes]) -> tuple[frozenset[bytes], list[bytes], list[bytes]]:
        """Where history ends for the caller, and what of that is news to it."""
        ask = self._ask
        if not ask.deepens:
            return ask.shallow, [], []
        if ask.depth is not None and ask.depth >= INFINITE:
            # Everything, also below what is not wanted anew; but nothing that no ref reaches.
            tops = {bytes.fromhex(ref.commit_oid) for ref in self._refs}
            return frozenset(), [], sorted(ask.shallow & set(self._graph.ancestors(tops)))
        kept, ends = self._deepened(tips)
        unshallow = sorted(oid for oid in ask.shallow if oid in kept and oid not in ends)
        return frozenset(ends), sorted(ends - ask.shallow), unshallow

    def _deepened(self, tips: list[bytes]) -> tuple[set[bytes], set[bytes]]:
        """The commits that remain of what `tips` reach, and those of them that have parents which
        do not."""
        ask, graph = self._ask, self._graph
        if ask.depth is not None:
            starts, depth = tips, ask.depth
            if ask.is_relative:
                reached = set(graph.ancestors(tips, ask.shallow))
                starts, depth = sorted(ask.shallow & reached), depth + 1
            return self._by_depth(starts or tips, depth)
        hidden = set(graph.ancestors(ask.without))
        since = ask.since or 0
        kept: set[bytes] = set()
        todo = [oid for oid in tips if oid not in hidden and graph[oid].when >= since]
        if not todo:
            raise BadRequest("upload-pack: no commits selected for shallow requests")
        while todo:
            oid = todo.pop()
            if oid in kept or oid in hidden or graph[oid].when < since:
                continue
            kept.add(oid)
            todo += graph[oid].parents
        return kept, {oid for oid in kept if any(p not in kept for p in graph[oid].parents)}

    def _by_depth(self, starts: list[bytes], depth: int) -> tuple[set[bytes], set[bytes]]:
        kept, level = set(starts), list(dict.fromkeys(starts))
        for _ in range(1, depth):
            parents = (p for oid in level for p in self._graph[oid].parents)
            level = [oid for oid in dict.fromkeys(parents) if oid not in kept]
            kept.update(level)
            if not level:
                break
        ends = {oid for oid in level if any(p not in kept for p in self._graph[oid].parents)}
        return kept, ends

    def _paint(self, starts: list[bytes], ends: frozenset[bytes]) -> tuple[list[bytes], set[bytes]]:
        """The commits to send, newest first, and those the caller has that they rest on.

        Newest first from both sides; it is over when everything left is the caller's. Where clocks
        lied some are sent that it has: that costs bytes and harms nothing.
        """
        graph, has = self._graph, set(self._ask.haves)
        lacked = set(starts) - has
        heap = [(-graph[oid].when, oid) for oid in lacked | has]
        heapq.heapify(heap)
        still_open, order = set(lacked), []
        while still_open:
            _, oid = heapq.heappop(heap)
            is_had = oid in has
            if not is_had:
                still_open.discard(oid)
                order.append(oid)
            if oid in (self._ask.shallow if is_had else ends):
                continue
            for parent in graph[oid].parents:
                if is_had and parent not in has:
                    has.add(parent)
                    still_open.discard(parent)
                elif not is_had and parent not in lacked and parent not in has:
                    lacked.add(parent)
                    still_open.add(parent)
                else:
                    continue
                heapq.heappush(heap, (-graph[parent].when, parent))
        return self._sent(order, has)

    def _sent(self, order: list[bytes], has: set[bytes]) -> tuple[list[bytes], set[bytes]]:
        commits = [oid for oid in order if oid not in has]
        edge = {p for oid in commits for p in self._graph[oid].parents if p in has}
        return commits, edge

    def _tags_of(self, commits: set[bytes]) -> list[bytes]:
        """Annotated tags of what is sent."""
        found: list[bytes] = []
        for ref in self._refs:
            if ref.oid != ref.commit_oid and bytes.fromhex(ref.commit_oid) in commits:
                _peel(self._store, self._repo_id, bytes.fromhex(ref.oid), found)
        return found


def _tips(refs: list[Ref]) -> set[bytes]:
    return {bytes.fromhex(oid) for ref in refs for oid in (ref.oid, ref.commit_oid)}


def _peel(store: ObjectStore, repo_id: int, oid: bytes, tags: list[bytes]) -> tuple[Kind, bytes]:
    """What an object is once tags are followed; these are added to `tags`."""
    while True:
        kind, content = _head(store, repo_id, oid)
        if kind is not Kind.TAG:
            return kind, oid
        tags.append(oid)
        oid = bytes.fromhex(decode_tag(content).target)


def _head(store: ObjectStore, repo_id: int, oid: bytes) -> tuple[Kind, bytes]:
    """The kind of an object, and the content of a tag."""
    kind = store.kinds(repo_id, [oid.hex()]).get(oid.hex())
    if kind is None:
        raise BadRequest(f"upload-pack: not our ref {oid.hex()}")
    return kind, store.read(repo_id, oid.hex())[1] if kind is Kind.TAG else b""


def _reaches(graph: Graph, start: bytes, goals: set[bytes], oldest: int) -> bool:
    seen, todo = {start}, [start]
    while todo:
        oid = todo.pop()
        if oid in goals:
            return True
        if graph[oid].when < oldest:
            continue
        fresh = [parent for parent in graph[oid].parents if parent not in seen]
        seen.update(fresh)
        todo += fresh
    return False
