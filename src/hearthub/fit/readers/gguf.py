"""GGUF, versions 1 to 3 in both byte orders: keys, values and tensors; never the weights.

Layout: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. Limits follow llama.cpp's
`gguf.cpp` and huggingface.js; the vocabulary is passed over, the tensors stand behind it.
"""

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from math import prod
from struct import Struct
from typing import Any, NamedTuple

from hearthub.errors import BadRequest
from hearthub.fit.readers.cursor import Cursor
from hearthub.fit.readers.gguf_types import TYPES
from hearthub.fit.readers.gguf_values import Values
from hearthub.fit.sources import Source, SourceFile
from hearthub.fit.weights import Tensor, WeightFile

MAX_HEADER = 64 * 2**20
MAX_KEYS = 65_536
MAX_TENSORS = 50_000
MAX_DIMENSIONS = 8
MAX_WEIGHTS_PER_BYTE = 16
"""The densest type has 8; a newer one may have more, but no file describes a planet."""


def read_gguf(source: Source, file: SourceFile) -> WeightFile:
    """Raises BadRequest for a file that llama.cpp would not load; types it may only know later
    are no reason."""
    cursor = Cursor(source, file, MAX_HEADER)
    values, keys, tensors = _begin(cursor)
    if keys > MAX_KEYS or tensors > MAX_TENSORS:
        raise cursor.bad(f"{keys} keys and {tensors} tensors, more than any real file has")
    metadata = _metadata(values, keys)
    infos = [_info(values) for _ in range(tensors)]
    if len({info.name for info in infos}) < tensors:
        raise cursor.bad("two tensors of one name")
    alignment = _alignment(cursor, metadata)
    start = -(-cursor.position // alignment) * alignment
    data = max(0, file.size - start)
    found = tuple(_sized(file, infos, data, alignment))
    unknown = sorted({tensor.dtype for tensor in found if tensor.dtype.startswith("unknown")})
    return WeightFile(
        file.path,
        "gguf",
        file.size,
        found,
        metadata,
        warnings=tuple(f"{name}: its size is worked out from its place" for name in unknown),
    )


class _Info(NamedTuple):
    """`ne`: dimensions as GGUF has them, the contiguous first."""

    name: str
    ne: tuple[int, ...]
    type: int
    offset: int


def _begin(cursor: Cursor) -> tuple[Values, int, int]:
    """Who reads on, the number of keys and that of tensors."""
    if cursor.file.size < 16 or cursor.take(4) != b"GGUF":
        raise cursor.bad("not a GGUF file")
    version = cursor.take(4)
    order = "<" if version[:2] != b"\0\0" else ">"
    number = int.from_bytes(version, "little" if order == "<" else "big")
    if number not in (1, 2, 3):
        raise cursor.bad(f"version {number} of GGUF is not known")
    values = Values(cursor, order, wide=number > 1)
    tensors = values.length()
    return values, values.length(), tensors


def _metadata(values: Values, count: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for _ in range(count):
        key = values.name()
        if key in found:
            raise values.cursor.bad("a key that is there twice")
        found[key] = values.value()
    return found


def _info(values: Values) -> _Info:
    name, dimensions = values.name(), values.word()
    if dimensions > MAX_DIMENSIONS:
        raise values.cursor.bad(f"a tensor of {dimensions} dimensions")
    ne = tuple(values.length() for _ in range(dimensions))
    kind = values.word()
    offset: int = Struct(values.order + "Q").unpack(values.cursor.take(8))[0]
    return _Info(name, ne, kind, offset)


def _alignment(cursor: Cursor, metadata: Mapping[str, Any]) -> int:
    found = metadata.get("general.alignment", 32)
    if type(found) is not int or not 0 < found <= 2**20 or found & (found - 1):
        raise cursor.bad("an alignment that is no power of two")
    return found


def _sized(file: SourceFile, infos: Sequence[_Info], data: int, alignment: int) -> list[Tensor]:
    """The tensors, which lie one behind the other; `data` is the bytes there are for them."""
    found, end = [], 0
    for info, after in zip_longest(infos, infos[1:]):
        if info.offset < end or info.offset % alignment:
            raise BadRequest(f"{file.path}: tensors that overlap")
        until = after.offset if after else data
        size, dtype = _size(file, info), f"unknown type {info.type}"
        if size is None:
            size = max(0, until - info.offset)
        else:
            dtype = TYPES[info.type].name
        end = info.offset + size
        if end > data:
            raise BadRequest(f"{file.path}: it is cut off, or its tensors are not as large as said")
        parameters = prod(info.ne)
        if parameters > MAX_WEIGHTS_PER_BYTE * max(size, alignment):
            raise BadRequest(f"{file.path}: tensors larger than the file")
        found.append(Tensor(info.name, dtype, info.ne[::-1], size, parameters))
    return found


def _size(file: SourceFile, info: _Info) -> int | None:
    """Bytes; None where the type is newer than this reader."""
    block = TYPES.get(info.type)
    if block is None:
        return None
    row = info.ne[0] if info.ne else 1
    if row % block.weights:
        raise BadRequest(f"{file.path}: rows of {row} weights cannot be {block.name}")
    return prod(info.ne) // block.weights * block.size
