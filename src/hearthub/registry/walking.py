"""From objects to those they name: the walk that collecting and checking share."""

from collections.abc import Iterator
from dataclasses import dataclass

from hearthub.errors import BadRequest, Unavailable
from hearthub.registry.gitformat import Kind, decode_commit, decode_tag, tree_links
from hearthub.registry.marks import Marks
from hearthub.registry.objects import ObjectStore
from hearthub.registry.pointers import MAX_POINTER, parse_pointer


@dataclass(frozen=True)
class Broken:
    """An object that something names and that is missing, or cannot be read."""

    oid: str
    reason: str


def walk(store: ObjectStore, repo_id: int, marks: Marks) -> Iterator[Broken]:
    """See everything that is reachable from what `marks` holds; note the sha256s pointers name.

    Yields what is broken, once, and goes on without it.
    """
    while oids := marks.take():
        found: set[bytes] = set()
        links: list[bytes] = []
        named: list[str] = []
        for row in store.rows_to_walk(repo_id, oids):
            oid, kind = bytes(row.oid), Kind(row.kind)
            found.add(oid)
            if kind is Kind.BLOB and row.size > MAX_POINTER:
                continue
            try:
                content = store.unpack(repo_id, row)
                links += links_of(kind, content)
            except (BadRequest, Unavailable) as error:
                yield Broken(oid.hex(), str(error))
                continue
            if kind is Kind.BLOB and (pointer := parse_pointer(content)):
                named.append(pointer.sha256)
        yield from (Broken(oid.hex(), "it is missing") for oid in oids if oid not in found)
        marks.visit(links)
        marks.name(named)


def links_of(kind: Kind, content: bytes) -> list[bytes]:
    """The objects that one names, as 20 bytes each; a submodule's commit is not ours to have.

    Raises BadRequest when the content is malformed.
    """
    match kind:
        case Kind.COMMIT:
            commit = decode_commit(content)
            return [bytes.fromhex(oid) for oid in (commit.tree, *commit.parents)]
        case Kind.TREE:
            return tree_links(content)
        case Kind.TAG:
            return [bytes.fromhex(decode_tag(content).target)]
        case Kind.BLOB:
            return []
