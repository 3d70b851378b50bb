"""Versions of the lake: which files each table is made of, switched by compare-and-swap.

    manifests/00000041.json
    manifests/00000042.json     the highest number is what readers see
    data/counter/2026-05-3fa9c0e1.parquet
    tmp/                        what a writer has not finished; spills of DuckDB

A version never changes and its files are never written again, so a reader needs no lock, and a
writer that dies leaves the version before it.
"""

import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hearthub.errors import Conflict, Unavailable

KEEP_S = 3600.0
"""Seconds that a version and its files stay after the next one: somebody may still read them."""


@dataclass(frozen=True, slots=True)
class DataFile:
    path: str
    """Relative to the lake's folder."""
    partition: str
    rows: int
    bytes: int


@dataclass(frozen=True)
class Manifest:
    version: int = 0
    """0: nothing was written yet."""
    tables: Mapping[str, tuple[DataFile, ...]] = field(default_factory=dict)

    def files(self, table: str) -> tuple[DataFile, ...]:
        return self.tables.get(table, ())

    def to_json(self) -> str:
        tables = {
            name: [[f.path, f.partition, f.rows, f.bytes] for f in files]
            for name, files in sorted(self.tables.items())
        }
        return json.dumps({"version": self.version, "tables": tables})

    @classmethod
    def from_json(cls, text: str) -> "Manifest":
        found: dict[str, Any] = json.loads(text)
        tables = {
            name: tuple(DataFile(*file) for file in files)
            for name, files in found["tables"].items()
        }
        return cls(found["version"], tables)


class Manifests:
    """The folder of versions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def newest(self) -> Manifest:
        """Raises Unavailable when the newest cannot be read."""
        while True:
            number = max(self._numbers(), default=0)
            if not number:
                return Manifest()
            try:
                return Manifest.from_json(self._path(number).read_text())
            except FileNotFoundError:
                continue  # swept just now: there is a newer one
            except (ValueError, KeyError, TypeError) as error:
                raise Unavailable(f"The lake's version {number} cannot be read: {error}") from None

    def put(self, manifest: Manifest) -> None:
        """Make it the newest. Raises Conflict when its number is taken: another writer was first.

        A hard link is the compare-and-swap: it is whole, and fails where the name exists.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = self.folder / f".{os.getpid()}-{time.monotonic_ns()}"
        with draft.open("w") as file:
            file.write(manifest.to_json())
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, self._path(manifest.version))
        except FileExistsError:
            raise Conflict("The lake was written meanwhile: read it again") from None
        finally:
            draft.unlink()
        sync_folder(self.folder)

    def swept(self, now: float) -> set[str]:
        """Forget versions that nobody can be reading; the paths that the others name."""
        newest, kept = self.newest(), set[str]()
        for number in sorted(self._numbers()):
            path = self._path(number)
            if number < newest.version and now - path.stat().st_mtime > KEEP_S:
                path.unlink(missing_ok=True)
                continue
            manifest = Manifest.from_json(path.read_text())
            kept |= {file.path for files in manifest.tables.values() for file in files}
        return kept

    def _numbers(self) -> Iterator[int]:
        if self.folder.is_dir():
            yield from (int(path.stem) for path in self.folder.glob("[0-9]*.json"))

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:08d}.json"


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
