"""`fsck`: reads what is stored again, walks what refs reach, and says whom a damage hits.

What is found is noted in the table `damaged` (`storage/damage.py`), and not served from then on;
what turns out whole again is taken off it.
"""

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from hearthub.errors import BadRequest, Unavailable
from hearthub.registry.gitformat import Kind, hasher, oid_of
from hearthub.registry.hits import Hit, Hits
from hearthub.registry.keeper import Keeper
from hearthub.registry.marks import open_marks
from hearthub.registry.objects import blob_key, inflate
from hearthub.registry.walking import walk
from hearthub.storage import Stored

AGAIN = "Upload the file again with the same bytes, from anywhere, or restore it from a backup"
ADVICE = {
    "lfs": AGAIN,
    "xorbs": f"{AGAIN}. A client that believes it is still here: delete $HF_HOME/xet first",
    "xet": AGAIN,
    "git": "Commit the same file again, or restore objects.db or the file from a backup",
}

Report = Callable[[str], None]


@dataclass(frozen=True)
class Sample:
    """How much is read again: `count` things, or a `share` of them; None and None: everything."""

    count: int | None = None
    share: float | None = None

    def choose(self, items: Iterable[Stored]) -> Iterator[Stored]:
        """At random; never more than `count` of them in memory."""
        if self.count is None:
            share = 1.0 if self.share is None else self.share
            yield from (item for item in items if share >= 1 or random.random() < share)
            return
        chosen: list[Stored] = []
        for seen, item in enumerate(items, 1):
            if len(chosen) < self.count:
                chosen.append(item)
            elif (at := random.randrange(seen)) < self.count:
                chosen[at] = item
        yield from chosen


@dataclass
class Finding:
    """`key`: what is damaged, by its place in the store; `hits`: some files it is needed for."""

    key: str
    reason: str
    advice: str
    hits: list[Hit] = field(default_factory=list)
    more: int = 0
    """How many hits are not listed."""


@dataclass
class CheckReport:
    """`repaired` were damaged when last checked and are whole now; `notes`: what was left out.

    `unchecked`: keys at which the look did not come to its end; those listed as damaged stay so.
    """

    checked: int = 0
    checked_bytes: int = 0
    findings: list[Finding] = field(default_factory=list)
    repaired: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)


class Checker(Keeper):
    def check(self, sample: Sample, *, deep: bool, report: Report) -> CheckReport:
        done = CheckReport()
        listed = {record.key for record in self._storage.damage.records()}
        wrong = dict(self._read_again(sample, listed, done, report))
        for name, reason in self._storage.checks.check_files(deep=deep, report=report):
            wrong[f"xet/{name}"] = reason
            self._storage.damage.record(f"xet/{name}", reason)
        unproved: dict[str, set[int]] = {}
        for key, reason in self._walk_all(report, done, unproved):
            if key not in wrong:
                wrong[key] = reason
                self._storage.damage.record(key, reason)
        done.repaired = sorted(listed - wrong.keys() - set(done.unchecked))
        for key in done.repaired:
            self._storage.damage.clear(key)
        report("looking for the files that are hit")
        done.findings = [Finding(key, wrong[key], _advice(key)) for key in sorted(wrong)]
        done.findings += [
            Finding(key, "no upload of it is known to the repo", AGAIN) for key in sorted(unproved)
        ]
        Hits(self._db, self._objects, self._refs, self._storage, self._temporary).add_to(
            done.findings, unproved
        )
        return done

    # -- bytes --

    def _read_again(
        self, sample: Sample, listed: set[str], done: CheckReport, report: Report
    ) -> Iterator[tuple[str, str]]:
        chosen = sample.choose(self._all())
        again = [item for key in sorted(listed) if (item := self._find(key)) is not None]
        seen: set[str] = set()
        for item in (*again, *chosen) if sample.count else _chain(again, chosen):
            if item.key in listed:
                if item.key in seen:
                    continue
                seen.add(item.key)
            report(f"{done.checked} checked, {done.checked_bytes >> 20} MiB: {item.key}")
            try:
                reason = self._check(item) and self._confirm(item.key)
            except Unavailable as error:
                done.notes.append(f"{item.key} could not be checked: {error}")
                done.unchecked.append(item.key)
                continue
            done.checked += 1
            done.checked_bytes += item.size
            if reason:
                yield item.key, reason

    def _confirm(self, key: str) -> str | None:
        """What was deleted or repaired while we read is not damaged: look once more.

        Refused before that look, so that who repairs it after the look takes it off the list.
        """
        if (now := self._find(key)) is None:
            return None
        self._storage.damage.record(key, "is being checked")
        reason = self._check(now)
        if reason:
            self._storage.damage.explain(key, reason)
        else:
            self._storage.damage.clear(key)
        return reason

    def _all(self) -> Iterator[Stored]:
        repo_id = 0
        while (found := self._objects.next_repo(repo_id)) is not None:
            repo_id = found
            for page in self._objects.pages(repo_id):
                for row in page:
                    size = row.size if row.z_size is None else row.z_size
                    yield Stored(blob_key(repo_id, bytes(row.oid).hex()), size)
        yield from self._storage.checks.stored()

    def _find(self, key: str) -> Stored | None:
        kind, *middle, name = key.split("/")
        if kind in ("lfs", "xorbs"):
            return self._storage.checks.find(key)
        if kind == "git":
            size = self._objects.sizes(int(middle[0]), [name]).get(name)
            return None if size is None else Stored(key, size)
        return None  # a file's list of chunks is looked at in any case

    def _check(self, item: Stored) -> str | None:
        kind, *middle, name = item.key.split("/")
        if kind != "git":
            return self._storage.checks.check(item)
        for row in self._objects.rows(int(middle[0]), [bytes.fromhex(name)]):
            if row.z is None:
                stored = Stored(item.key, row.size)
                return self._storage.checks.check_size(stored) or self._storage.checks.check_digest(
                    stored, hasher(Kind(row.kind), row.size), name
                )
            try:
                content = inflate(row.z, row.size)
            except BadRequest as error:
                return str(error)
            return None if oid_of(Kind(row.kind), content) == name else "its bytes have changed"
        return None  # deleted meanwhile

    # -- what refs reach --

    def _walk_all(
        self, report: Report, done: CheckReport, unproved: dict[str, set[int]]
    ) -> Iterator[tuple[str, str]]:
        with open_marks(self._temporary) as marks:
            after = 0
            while row := self._db.one(
                "select id, namespace, name from repo where id > :after order by id limit 1",
                after=after,
            ):
                after = row.id
                report(f"walking {row.namespace}/{row.name}")
                with marks.repo():
                    refs = self._refs.all(row.id)
                    marks.visit(bytes.fromhex(ref.oid) for ref in refs)
                    broken = list(walk(self._objects, row.id, marks))
                    if broken and self._refs.all(row.id) != refs:
                        done.notes.append(
                            f"{row.namespace}/{row.name} changed meanwhile: run again"
                        )
                        done.unchecked += [blob_key(row.id, item.oid) for item in broken]
                        continue
                    for item in broken:
                        yield blob_key(row.id, item.oid), item.reason
                    for page in marks.all_named():
                        for sha256 in self._storage.checks.unproved(row.id, page):
                            unproved.setdefault(f"lfs/{sha256}", set()).add(row.id)


def _chain(*parts: Iterable[Stored]) -> Iterator[Stored]:
    for part in parts:
        yield from part


def _advice(key: str) -> str:
    return ADVICE[key.partition("/")[0]]
