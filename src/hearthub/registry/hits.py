"""Which repos, refs and paths need what is damaged."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hearthub.db import Database
from hearthub.errors import BadRequest, NotFound, Unavailable
from hearthub.registry.gitformat import TreeEntry, printable
from hearthub.registry.marks import open_marks
from hearthub.registry.objects import ObjectStore
from hearthub.registry.pointers import MAX_POINTER, parse_pointer
from hearthub.registry.refs import Ref, Refs
from hearthub.registry.walking import walk
from hearthub.storage import Storage

MAX_HITS = 20
BATCH = 500


@dataclass(frozen=True)
class Hit:
    """`path` is None for what only the ref's history needs; `ref` None: nothing committed does."""

    repo: str
    ref: str | None
    path: str | None


class Finding(Protocol):
    key: str
    hits: list[Hit]
    more: int


class Hits:
    def __init__(
        self, db: Database, objects: ObjectStore, refs: Refs, storage: Storage, temporary: Path
    ) -> None:
        self._db, self._objects, self._refs = db, objects, refs
        self._storage, self._temporary = storage, temporary

    def add_to(self, findings: Sequence[Finding], unproved: dict[str, set[int]]) -> None:
        """Fill `hits` of each. `unproved`: repos that miss a claim, by `lfs/<sha256>`."""
        # repo -> what is looked for there (oid or sha256) -> findings
        wanted: dict[int, dict[str, list[Finding]]] = {}
        for finding in findings:
            kind, *middle, name = finding.key.split("/")
            users = (
                [(int(middle[0]), name)]
                if kind == "git"
                else list(self._storage.checks.users_of(finding.key))
            )
            users += [(repo_id, name) for repo_id in unproved.get(finding.key, ())]
            for repo_id, what in users:
                wanted.setdefault(repo_id, {}).setdefault(what, []).append(finding)
        for repo_id, names in sorted(wanted.items()):
            self._look_in(repo_id, names)

    def _look_in(self, repo_id: int, names: dict[str, list[Finding]]) -> None:
        row = self._db.one("select type, namespace, name from repo where id = :id", id=repo_id)
        if row is None:
            return
        repo = f"{row.type} {row.namespace}/{row.name}"
        refs, found = self._refs.all(repo_id), set[str]()
        for ref in refs:
            for path, what in self._paths(repo_id, ref.commit_oid):
                if what in names:
                    found.add(what)
                    _add(names[what], Hit(repo, ref.name, printable(path)))
        if rest := names.keys() - found:
            self._look_in_history(repo_id, repo, refs, {it: names[it] for it in rest})

    def _look_in_history(
        self, repo_id: int, repo: str, refs: list[Ref], names: dict[str, list[Finding]]
    ) -> None:
        found: set[str] = set()
        with open_marks(self._temporary) as marks:
            for ref in refs:
                with marks.repo():
                    marks.visit([bytes.fromhex(ref.oid)])
                    for _ in walk(self._objects, repo_id, marks):
                        pass
                    for what, findings in names.items():
                        if len(what) == 40:
                            reached = not marks.unseen([bytes.fromhex(what)])
                        else:
                            reached = bool(marks.named([what]))
                        if reached:
                            found.add(what)
                            _add(findings, Hit(repo, ref.name, None))
        for what in names.keys() - found:
            _add(names[what], Hit(repo, None, None))

    def _paths(self, repo_id: int, commit: str) -> Iterator[tuple[str, str]]:
        """(path, oid or sha256) of everything in a commit's tree; damaged folders stay closed."""
        try:
            root = self._objects.commit(repo_id, commit).tree
        except (NotFound, Unavailable, BadRequest):
            yield "", commit
            return
        yield "", root
        stack = [("", root)]
        while stack:
            above, oid = stack.pop()
            try:
                entries = list(self._objects.tree(repo_id, oid).values())
            except (NotFound, Unavailable, BadRequest):
                continue
            for entry in entries:
                yield above + entry.name, entry.oid
                if entry.is_folder:
                    stack.append((f"{above}{entry.name}/", entry.oid))
            yield from self._pointers(repo_id, above, [it for it in entries if not it.is_folder])

    def _pointers(
        self, repo_id: int, above: str, entries: list[TreeEntry]
    ) -> Iterator[tuple[str, str]]:
        for at in range(0, len(entries), BATCH):
            batch = entries[at : at + BATCH]
            oids = list({bytes.fromhex(entry.oid) for entry in batch})
            named: dict[str, str] = {}
            for row in self._objects.rows_to_walk(repo_id, oids):
                if row.size > MAX_POINTER:
                    continue
                try:
                    pointer = parse_pointer(self._objects.unpack(repo_id, row))
                except Unavailable:
                    continue
                if pointer:
                    named[bytes(row.oid).hex()] = pointer.sha256
            for entry in batch:
                if entry.oid in named:
                    yield above + entry.name, named[entry.oid]


def _add(findings: list[Finding], hit: Hit) -> None:
    for finding in findings:
        if len(finding.hits) < MAX_HITS:
            finding.hits.append(hit)
        else:
            finding.more += 1
