"""What a snapshot says of itself, as JSON. Read as if a stranger had written it."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from hearthub.errors import BadRequest, Unavailable

NAME = "manifest.json"
FORMAT = 1
MAX_SIZE = 2**20  # bytes
MAX_LOST = 100
DATABASES = ("hearthub.db", "objects.db")
LIST = "blobs.txt"


@dataclass(frozen=True)
class Manifest:
    """`files`: sha256 and size in bytes of each file beside this one. Times are ISO 8601."""

    format: int
    hearthub: str
    """The version that made it."""
    schema: str
    """The database's revision."""
    started: str
    """Everything acknowledged before is in it."""
    finished: str
    files: dict[str, dict[str, Any]]
    blobs: int
    blob_bytes: int
    lost: int
    """Blobs the databases name which the hub itself did not have, or not whole."""
    lost_keys: list[str]
    """The first of them."""
    users: int
    orgs: int
    repos: int

    def text(self) -> str:
        return json.dumps(asdict(self), indent=2)


def read(path: Path) -> Manifest:
    """Raises Unavailable when it is damaged, BadRequest when a newer Hearthub wrote it."""
    try:
        with path.open("rb") as file:
            found = json.loads(file.read(MAX_SIZE))
        version = found["format"]
        if isinstance(version, int) and version > FORMAT:
            raise BadRequest(f"{path} was written by a newer Hearthub: use that one")
        manifest = Manifest(**{field.name: found[field.name] for field in fields(Manifest)})
        if _makes_sense(manifest):
            return manifest
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    raise Unavailable(f"{path} is damaged")


def _makes_sense(manifest: Manifest) -> bool:
    numbers = (manifest.blobs, manifest.blob_bytes, manifest.lost, manifest.users, manifest.repos)
    return (
        set(manifest.files) == {*DATABASES, LIST}
        and all(isinstance(mark["sha256"], str) for mark in manifest.files.values())
        and all(isinstance(mark["size"], int) for mark in manifest.files.values())
        and all(isinstance(number, int) and number >= 0 for number in numbers)
        and isinstance(manifest.schema, str)
        and isinstance(manifest.started, str)
        and isinstance(manifest.lost_keys, list)
    )
