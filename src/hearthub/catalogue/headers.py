"""What the headers of files of weights said, kept by content: equal bytes are read once.

A model's shards and their copies in other repos, a commit that changes the card alone, a rebuild:
all find here what was read before.
"""

import zlib
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

import orjson

from hearthub.db import Database
from hearthub.errors import BadRequest, HearthubError
from hearthub.fit.sources import Source, SourceFile
from hearthub.fit.weights import Skipped, Tensor, WeightFile

VERSION = 1
"""To be raised when the readers of `hearthub.fit` tell something else of the same bytes."""

MAX_KEPT = 2**22  # bytes of a packed header; of 92,000 tensors it has 1 MB
MAX_UNPACKED = 2**28

Read = Callable[[Source, SourceFile, str], WeightFile]

_PUT = """
insert into weight_header (key, format, version, header)
values (:key, :format, :version, :header)
on conflict (key, format) do update set version = excluded.version, header = excluded.header"""


class NotRead(HearthubError):
    """A header that was not read before, and is not to be read now."""


@dataclass(frozen=True, slots=True)
class Header:
    """What is to be kept of one file: its header, or what was wrong with it."""

    key: str
    format: str
    found: WeightFile | str


class Headers:
    def __init__(self, db: Database) -> None:
        self.db = db

    def get(self, file: SourceFile, form: str) -> WeightFile | None:
        """Under the path that the file has now. Raises BadRequest for a malformed one."""
        if file.key is None:
            return None
        row = self.db.one(
            "select header from weight_header where key = :key and format = :format "
            "and version = :version",
            key=file.key,
            format=form,
            version=VERSION,
        )
        if row is None:
            return None
        found = unpacked(row.header)
        if isinstance(found, str):
            raise BadRequest(f"{file.path}: {found}")
        return replace(found, path=file.path)

    def put(self, headers: Iterable[Header]) -> None:
        rows = [
            {"key": it.key, "format": it.format, "version": VERSION, "header": header}
            for it in headers
            if (header := packed(it.found)) is not None
        ]
        self.db.execute_many(_PUT, rows)


class HeaderReader:
    """A `reader` for `contents` of hearthub.fit: from what is kept, else by `read`.

    `forms`: formats that are read at all; the others raise NotRead. `new` gathers what is to be
    kept.
    """

    def __init__(self, headers: Headers, read: Read, forms: Collection[str] | None = None) -> None:
        self.headers, self.read, self.forms = headers, read, forms
        self.new: list[Header] = []

    def __call__(self, source: Source, file: SourceFile, form: str) -> WeightFile:
        known = self.headers.get(file, form)
        if known is not None:
            return known
        if self.forms is not None and form not in self.forms:
            raise NotRead(f"{file.path} was not read yet")
        try:
            found = self.read(source, file, form)
        except BadRequest as error:
            self._keep(file, form, str(error).removeprefix(f"{file.path}: "))
            raise
        self._keep(file, form, found)
        return found

    def _keep(self, file: SourceFile, form: str, found: WeightFile | str) -> None:
        if file.key is not None:
            self.new.append(Header(file.key, form, found))


def packed(found: WeightFile | str) -> bytes | None:
    """As compressed JSON; None for what is too long to keep, or cannot be written."""
    if isinstance(found, str):
        return zlib.compress(orjson.dumps(found[:500].encode(errors="replace").decode()))
    tensors = found.tensors
    values = {
        "format": found.format,
        "size": found.size,
        "tensors": [
            [it.name for it in tensors],
            [it.dtype for it in tensors],
            [it.shape for it in tensors],
            [it.size for it in tensors],
            [it.parameters for it in tensors],
        ],
        "metadata": dict(found.metadata),
        "imports": found.imports,
        "warnings": found.warnings,
    }
    try:
        text = orjson.dumps(values, default=_length)
    except TypeError:  # lone surrogates, numbers beyond 64 bits
        return None
    if len(text) > MAX_UNPACKED:
        return None
    header = zlib.compress(text)
    return header if len(header) <= MAX_KEPT else None


def unpacked(header: bytes) -> WeightFile | str:
    values = orjson.loads(zlib.decompress(header))
    if isinstance(values, str):
        return values
    tensors = zip(*values["tensors"], strict=True)
    return WeightFile(
        path="",
        format=values["format"],
        size=values["size"],
        tensors=tuple(
            Tensor(name, dtype, tuple(shape), size, parameters)
            for name, dtype, shape, size, parameters in tensors
        ),
        metadata={key: _value(value) for key, value in values["metadata"].items()},
        imports=tuple(values["imports"]),
        warnings=tuple(values["warnings"]),
    )


def _length(value: object) -> dict[str, int]:
    if isinstance(value, Skipped):
        return {"length": value.length}
    raise TypeError


def _value(value: Any) -> Any:
    """Lists are tuples, and the only objects are lengths of what was too long to keep."""
    if isinstance(value, list):
        return tuple(map(_value, value))
    return Skipped(value["length"]) if isinstance(value, dict) else value
