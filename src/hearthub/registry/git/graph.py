"""Commits as git's negotiation sees them: parents, root tree, time."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hearthub.errors import BadRequest, Damaged
from hearthub.registry.gitformat import Kind
from hearthub.registry.objects import ObjectStore

_LINKS = re.compile(rb"tree ([0-9a-f]{40})\n((?:parent [0-9a-f]{40}\n)*)")
_WHEN = re.compile(rb"\ncommitter [^\n]*> (\d{1,18}) ")
_ALL = 2**62


class Node(NamedTuple):
    tree: bytes
    parents: tuple[bytes, ...]
    when: int


class Graph:
    """The commits of a repo by oid (20 bytes), read when they are asked for and kept."""

    def __init__(self, store: ObjectStore, repo_id: int) -> None:
        self._store, self._repo_id = store, repo_id
        self._nodes: dict[bytes, Node] = {}

    def read_all(self) -> None:
        """Read every commit of the repo at once: far faster than one by one, for a clone."""
        pages = self._store.pages(self._repo_id, smaller_than=_ALL, kind=Kind.COMMIT)
        for page in pages:
            for row in page:
                self._nodes[bytes(row.oid)] = _node(self._store.unpack(self._repo_id, row))

    def __getitem__(self, oid: bytes) -> Node:
        """Raises NotFound where the repo has no such commit."""
        node = self._nodes.get(oid)
        if node is None:
            kind, content = self._store.read(self._repo_id, oid.hex())
            if kind is not Kind.COMMIT:
                raise BadRequest(f"{oid.hex()} is a {kind.word}, not a commit")
            node = self._nodes[oid] = _node(content)
        return node

    def ancestors(
        self, starts: Iterable[bytes], ends: frozenset[bytes] = frozenset()
    ) -> Iterator[bytes]:
        """`starts` and what came before them, each once; not what came before `ends`."""
        seen, todo = set(starts), list(starts)
        while todo:
            oid = todo.pop()
            yield oid
            if oid in ends:
                continue
            for parent in self[oid].parents:
                if parent not in seen:
                    seen.add(parent)
                    todo.append(parent)


def _node(content: bytes) -> Node:
    links = _LINKS.match(content)
    if links is None:
        raise Damaged("A commit in this hub's store is malformed")
    when = _WHEN.search(content)
    parents = tuple(bytes.fromhex(line[7:].decode()) for line in links[2].splitlines())
    return Node(bytes.fromhex(links[1].decode()), parents, int(when[1]) if when else 0)
