"""ONNX: the initialisers of the graph, by dims and data type; weights beside it by their length.

Messages and field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto (ModelProto,
GraphProto, TensorProto). Weights within the file are passed over, never read.
"""

from collections.abc import Iterator
from math import prod

from hearthub.fit.readers.cursor import Cursor
from hearthub.fit.sources import Source, SourceFile
from hearthub.fit.weights import Tensor, WeightFile

MAX_HEADER = 32 * 2**20
MAX_TENSORS = 100_000
MAX_FIELDS = 300_000
MAX_EXTERNAL = 4096
"""Files of weights that one graph names."""
MAX_TEXT = 4096
PIECE = 2**12
"""Bytes of the first read, and of that behind each tensor within the file."""

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_GRAPH, _INITIALIZER = 7, 5  # of ModelProto, of GraphProto
_DIMS, _DATA_TYPE, _NAME, _EXTERNAL = 1, 2, 8, 13  # of TensorProto

_TYPES = {
    1: ("F32", 32),
    2: ("U8", 8),
    3: ("I8", 8),
    4: ("U16", 16),
    5: ("I16", 16),
    6: ("I32", 32),
    7: ("I64", 64),
    9: ("BOOL", 8),
    10: ("F16", 16),
    11: ("F64", 64),
    12: ("U32", 32),
    13: ("U64", 64),
    14: ("C64", 64),
    15: ("C128", 128),
    16: ("BF16", 16),
    17: ("F8_E4M3", 8),
    18: ("F8_E4M3FNUZ", 8),
    19: ("F8_E5M2", 8),
    20: ("F8_E5M2FNUZ", 8),
    21: ("U4", 4),
    22: ("I4", 4),
    23: ("F4", 4),
    24: ("F8_E8M0", 8),
    25: ("U2", 2),
    26: ("I2", 2),
}
"""By TensorProto.DataType: our dtype and the bits of an element."""


def read_onnx(source: Source, file: SourceFile) -> WeightFile:
    """Raises BadRequest for what is malformed. `metadata["external"]`: the files, relative to this
    one's folder, that hold weights; nobody has looked whether they are there."""
    reader = _Reader(Cursor(source, file, MAX_HEADER, PIECE))
    tensors, external = list[Tensor](), set[str]()
    graphs = 0
    for field in reader.fields(file.size):
        if field != (_GRAPH, _BYTES):
            reader.skip(field)
            continue
        graphs += 1
        for tensor, location in reader.graph():
            tensors.append(tensor)
            if location:
                external.add(location)
                if len(external) > MAX_EXTERNAL:
                    raise reader.cursor.bad(f"its weights lie in more than {MAX_EXTERNAL} files")
    if not graphs:
        raise reader.cursor.bad("not an ONNX file")
    inline = sum(tensor.size for tensor in tensors) if not external else 0
    if inline > file.size:
        raise reader.cursor.bad("its tensors are larger than the file")
    metadata = {"external": tuple(sorted(external))} if external else {}
    return WeightFile(
        file.path, "onnx", file.size, tuple(tensors), metadata, is_listed=bool(tensors)
    )


Field = tuple[int, int]
"""Number and wire type."""


class _Reader:
    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self._fields = self._tensors = 0

    def fields(self, end: int) -> Iterator[Field]:
        """Of the message that goes to the position `end`; whoever iterates reads or skips each."""
        while (at := self.cursor.position) < end:
            self._fields += 1
            if self._fields > MAX_FIELDS:
                raise self.cursor.bad("more fields than any real graph has")
            tag = self._varint()
            yield tag >> 3, tag & 7
            if not at < self.cursor.position <= end:
                raise self.cursor.bad("a message that is longer than what it lies in")

    def graph(self) -> Iterator[tuple[Tensor, str | None]]:
        for field in self.fields(self._end()):
            if field != (_INITIALIZER, _BYTES):
                self.skip(field)
                continue
            self._tensors += 1
            if self._tensors > MAX_TENSORS:
                raise self.cursor.bad(f"more than {MAX_TENSORS} tensors")
            yield self._tensor()

    def skip(self, field: Field) -> None:
        kind = field[1]
        if kind == _VARINT:
            self._varint()
        elif kind in (_FIXED64, _FIXED32):
            self.cursor.skip(8 if kind == _FIXED64 else 4)
        elif kind == _BYTES:
            self.cursor.skip(self._varint())
        else:
            raise self.cursor.bad("not an ONNX file")

    def _tensor(self) -> tuple[Tensor, str | None]:
        name, dims, kind = "", list[int](), 0
        external: dict[str, str] = {}
        for field in self.fields(self._end()):
            if field == (_DIMS, _VARINT):
                dims.append(self._varint())
            elif field == (_DIMS, _BYTES):
                end = self._end()
                while self.cursor.position < end and len(dims) < 64:
                    dims.append(self._varint())
            elif field == (_DATA_TYPE, _VARINT):
                kind = self._varint()
            elif field == (_NAME, _BYTES):
                name = self._text()
            elif field == (_EXTERNAL, _BYTES):
                key, value = self._entry()
                external[key] = value
            else:
                self.skip(field)
        return self._sized(name, dims, kind), external.get("location")

    def _sized(self, name: str, dims: list[int], kind: int) -> Tensor:
        dtype, bits = _TYPES.get(kind, (f"unknown type {kind}", 0))
        if len(dims) > 32 or any(n >= 2**53 for n in dims) or (parameters := prod(dims)) > 2**60:
            raise self.cursor.bad("a tensor larger than any")
        return Tensor(name, dtype, tuple(dims), -(-parameters * bits // 8), parameters)

    def _entry(self) -> tuple[str, str]:
        """A StringStringEntryProto."""
        found = {1: "", 2: ""}
        for number, kind in self.fields(self._end()):
            if number in found and kind == _BYTES:
                found[number] = self._text()
            else:
                self.skip((number, kind))
        return found[1], found[2]

    def _end(self) -> int:
        """Where the message that begins here ends."""
        length = self._varint()
        if length > self.cursor.remaining:
            raise self.cursor.bad("cut off")
        return self.cursor.position + length

    def _text(self) -> str:
        if (length := self._varint()) > MAX_TEXT:
            raise self.cursor.bad(f"a name of {length} bytes")
        return self.cursor.take(length).decode(errors="replace")

    def _varint(self) -> int:
        """At most ten bytes, the low seven bits of each, the lowest first."""
        cursor = self.cursor
        found = shift = 0
        while shift < 70:
            if cursor.at == len(cursor.buffer):
                cursor.fill()
            byte = cursor.buffer[cursor.at]
            cursor.at += 1
            found |= (byte & 127) << shift
            if byte < 128:
                return found
            shift += 7
        raise cursor.bad("not an ONNX file")
