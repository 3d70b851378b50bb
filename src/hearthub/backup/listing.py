"""The list of a snapshot's blobs. Read as if a stranger had written it: keys become paths."""

import re
from collections.abc import Iterator
from pathlib import Path

from hearthub.backup.copying import sha256_of
from hearthub.backup.manifest import LIST, Manifest
from hearthub.errors import Unavailable

MAX_LINE = 200  # bytes
_LINE = re.compile(
    rb"((?:xorbs|lfs)/[0-9a-f]{64}|git/[0-9]{1,19}/[0-9a-f]{40}) ([0-9]{1,15})\n", re.ASCII
)


def blobs_of(snapshot: Path, manifest: Manifest) -> Iterator[tuple[str, int]]:
    """Key and size of each blob. Raises Unavailable, before the first one, if it is damaged."""
    path = snapshot / LIST
    if not path.is_file() or sha256_of(path) != manifest.files[LIST]["sha256"]:
        raise Unavailable(f"{path} is damaged or missing")
    return _parse(path)


def _parse(path: Path) -> Iterator[tuple[str, int]]:
    with path.open("rb") as file:
        while line := file.readline(MAX_LINE):
            found = _LINE.fullmatch(line)
            if found is None:
                raise Unavailable(f"{path} is damaged at byte {file.tell() - len(line)}")
            yield found[1].decode(), int(found[2])
