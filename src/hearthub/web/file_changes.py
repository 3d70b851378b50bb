"""What a commit changed, for its page: lines of texts, sizes of everything else."""

import time
from dataclasses import dataclass

from hearthub.errors import Damaged, NotFound, Unavailable
from hearthub.registry import ChangedFile, Entry
from hearthub.web.diffs import Diff, diff
from hearthub.web.kept import Kept
from hearthub.web.repo_view import RepoView

MAX_FILE = 128 * 1024  # bytes of one side
MAX_FILES = 50
MAX_HTML = 1_500_000  # of all files together
FILE_S, ALL_S = 1.0, 3.0


@dataclass(frozen=True)
class ShownChange:
    """`diff` None: `why` tells in a few words why there is none."""

    file: ChangedFile
    diff: Diff | None
    why: str = ""


@dataclass(frozen=True)
class ShownChanges:
    parent: str | None
    files: list[ShownChange]
    is_whole: bool

    @property
    def added(self) -> int:
        return sum(it.diff.added for it in self.files if it.diff)

    @property
    def removed(self) -> int:
        return sum(it.diff.removed for it in self.files if it.diff)


_diffs: Kept[Diff] = Kept(2**24, lambda it: len(it.html))


def shown_changes(at: RepoView, since: str | None = None) -> ShownChanges:
    """For files/changes.html: what the revision changed since its parent, or another commit.

    Lines only for those who may read the files, and as many as a page has time and room for.
    """
    found = at.hub.registry.browse.changes(at.repo, at.commit, since)
    until, room = time.monotonic() + ALL_S, MAX_HTML
    files = list[ShownChange]()
    for number, file in enumerate(found.files):
        if not at.readable:
            files.append(ShownChange(file, None))
        elif number >= MAX_FILES or room <= 0 or time.monotonic() > until:
            files.append(ShownChange(file, None, "Not shown: too much has changed."))
        else:
            files.append(_shown(at, file))
            room -= len(made.html) if (made := files[-1].diff) else 0
    return ShownChanges(found.parent, files, found.is_whole)


def _shown(at: RepoView, file: ChangedFile) -> ShownChange:
    sides = [side for side in (file.before, file.after) if side]
    if any(side.pointer for side in sides):
        return ShownChange(file, None, "Kept as a large file.")
    if any(side.is_submodule for side in sides):
        return ShownChange(file, None, "A commit of another repository.")
    if any(side.size > MAX_FILE for side in sides):
        return ShownChange(file, None, "Too large to be compared.")
    if file.before and file.after and file.before.oid == file.after.oid:
        return ShownChange(file, None, "The content is the same.")
    oids = tuple(side.oid if side else None for side in (file.before, file.after))
    too_slow = False

    def make() -> Diff | None:
        nonlocal too_slow
        try:
            before, after = (_bytes(at, side) for side in (file.before, file.after))
            return at.hub.sandbox.run(diff, before, after, timeout=FILE_S)
        except (Damaged, NotFound):
            return None
        except Unavailable:
            too_slow = True
            raise

    made = _diffs.get((at.repo.id, oids), make)
    why = "Comparing it takes too long." if too_slow else "Not text."
    return ShownChange(file, made, "" if made else why)


def _bytes(at: RepoView, side: Entry | None) -> bytes:
    return at.hub.registry.read_range(at.repo, side, 0, MAX_FILE) if side else b""
