"""What an import has to do, from what upstream lists and what is here. Pure."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TypeVar

from hearthub.errors import BadRequest, UpstreamFailed
from hearthub.registry import Entry
from hearthub.storage import LfsObject
from hearthub.upstream import EMPTY, File, printable

MAX_CHANGES = 200_000  # operations of one commit


@dataclass(frozen=True)
class Plan:
    """`fetch`: one file for each content that is nowhere here; `puts`: the files that change;
    `copies`: by oid, a file here that has the content of one of them."""

    fetch: list[File]
    puts: list[File]
    copies: Mapping[str, Entry]
    deletions: list[str]

    @property
    def changes_nothing(self) -> bool:
        return not self.puts and not self.deletions


F = TypeVar("F", File, Entry)


def select(files: Sequence[F], include: Sequence[str]) -> list[F]:
    """Files that a pattern fits, as `hf download --include` has them: `*` crosses slashes, and a
    folder with a slash at its end means all in it. No patterns: all files."""
    if not include:
        return list(files)
    patterns = [f"{pattern}*" if pattern.endswith("/") else pattern for pattern in include]
    chosen = [f for f in files if any(fnmatchcase(f.path, pattern) for pattern in patterns)]
    if not chosen:
        raise BadRequest(f"No file of the repo fits --include {' '.join(include)}")
    return chosen


def make_plan(
    files: Sequence[File],
    here: Sequence[Entry],
    proved: Mapping[str, LfsObject],
    *,
    keep_others: bool,
    max_regular: int,
    damaged: Set[str] = frozenset(),
) -> Plan:
    """`here`: the files at the head; `proved`: what the repo has by sha256; `keep_others`: files
    that upstream does not list stay; `damaged`: keys of files that are here and to be sent again.
    """
    present = {entry.path: entry for entry in here}
    same = {path: entry.etag for path, entry in present.items() if entry.etag not in damaged}
    puts = [f for f in files if same.get(f.path) != f.key]
    copies = {e.oid: e for e in here if e.pointer is None and e.oid not in damaged}
    fetch: dict[str, File] = {}
    for file in puts:
        if fetch.setdefault(file.key, file).size != file.size:
            raise _lie(file)
        if file.sha256 is None and file.size > max_regular:
            raise BadRequest(
                f"{printable(file.path)} is a regular file of {file.size} bytes; the limit here is "
                f"{max_regular}: set HEARTHUB_MAX_REGULAR_FILE to at least that much"
            )
        known = proved.get(file.key)
        if known and known.size != file.size:
            raise _lie(file)
        is_known = known and file.key not in damaged
        if is_known or file.key == EMPTY or file.key in copies:
            fetch.pop(file.key)
    listed = {file.path for file in files}
    deletions = [] if keep_others else [path for path in present if path not in listed]
    if len(puts) + len(deletions) > MAX_CHANGES:
        raise BadRequest(f"More than {MAX_CHANGES} files change: import some with --include first")
    return Plan(list(fetch.values()), puts, copies, deletions)


def _lie(file: File) -> UpstreamFailed:
    return UpstreamFailed(f"Upstream lists {printable(file.path)} with a size it does not have")
