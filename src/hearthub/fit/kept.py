"""Headers of weights that are kept by content: equal bytes are read once.

A model's shards and their copies in other repos, a commit that changes the card alone: all find
what was read before. Where it is kept is for others to say (`HeaderStore`).
"""

import zlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, Protocol

import orjson

from hearthub.errors import BadRequest, HearthubError
from hearthub.fit.checkpoints import Read
from hearthub.fit.elsewhere import Elsewhere
from hearthub.fit.readers import read
from hearthub.fit.sources import Source, SourceFile
from hearthub.fit.weights import Skipped, Tensor, WeightFile
from hearthub.sandbox import Sandbox

HEADER_VERSION = 1
"""To be raised when the readers tell something else of the same bytes."""

QUICK = frozenset({"safetensors"})
"""Formats whose headers are short enough to be read while somebody waits."""
QUICK_BUDGET = 2**24
"""Bytes of configs and headers that are read then."""
BUDGET = 2**26
"""Later. Of a repo with thirty GGUF files of 15 MB of vocabulary some are read, the preferred
first; of the others the size is enough."""
MAX_KEPT = 2**22  # bytes of a packed header; of 92,000 tensors it has 1 MB
MAX_UNPACKED = 2**28


class HeaderStore(Protocol):
    def get(self, key: str, form: str) -> bytes | None:
        """What was packed by the `HEADER_VERSION` of today for a content read as a format."""
        ...


class NotRead(HearthubError):
    """A header that was not read before, and is not to be read now."""


@dataclass(frozen=True, slots=True)
class Header:
    """What is to be kept of a file by its content: its header, or what was wrong with it."""

    key: str
    format: str
    packed: bytes


class KeptReader:
    """A `reader` for `contents`: from what is kept, else by `read`.

    `forms`: formats that are read at all; the others raise NotRead. `new` gathers what is to be
    kept.
    """

    def __init__(
        self,
        store: HeaderStore,
        read: Read = read,
        forms: Collection[str] | None = None,
        budget: int = BUDGET,
    ) -> None:
        self.store, self.read, self.forms, self.budget = store, read, forms, budget
        self.new: list[Header] = []

    @classmethod
    def quick(cls, store: HeaderStore) -> "KeptReader":
        """While somebody waits: short headers, in this process."""
        return cls(store, forms=QUICK, budget=QUICK_BUDGET)

    @classmethod
    def thorough(cls, store: HeaderStore, sandbox: Sandbox) -> "KeptReader":
        return cls(store, Elsewhere(sandbox))

    def __call__(self, source: Source, file: SourceFile, form: str) -> WeightFile:
        kept = self.store.get(file.key, form) if file.key else None
        if kept is not None:
            return _under(file, unpacked(kept))
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
        if file.key and (header := packed(found)) is not None:
            self.new.append(Header(file.key, form, header))


def _under(file: SourceFile, found: WeightFile | str) -> WeightFile:
    """With the path that the file has now. Raises BadRequest for a malformed one."""
    if isinstance(found, str):
        raise BadRequest(f"{file.path}: {found}")
    return replace(found, path=file.path)


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
