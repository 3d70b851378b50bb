"""safetensors: the header, checked as strictly as the Rust library does, and its duplicates too.

Format: https://huggingface.co/docs/safetensors/index#format (8 bytes of length, JSON, data).
"""

import json
import re
from collections.abc import Iterable
from itertools import islice
from typing import Any

import orjson

from hearthub.errors import BadRequest
from hearthub.fit.sources import Source, SourceFile
from hearthub.fit.weights import Tensor, WeightFile

FIRST = 2**16
"""Bytes read at once: the whole header of most files."""
MAX_HEADER = 25_000_000
"""As huggingface_hub has it."""
MAX_FAST = 2**20
MAX_TENSORS = 100_000
MAX_NUMBER = 2**53
MAX_PARAMETERS = 2**60
MAX_METADATA = 2**16  # characters of one value that is kept
MAX_KEYS = 1000  # of them

BITS = (
    dict.fromkeys(("F64", "I64", "U64", "C64"), 64)
    | dict.fromkeys(("F32", "I32", "U32"), 32)
    | dict.fromkeys(("BF16", "F16", "I16", "U16"), 16)
    | dict.fromkeys(("BOOL", "I8", "U8", "F8_E4M3", "F8_E5M2", "F8_E8M0"), 8)
    | dict.fromkeys(("F8_E4M3FNUZ", "F8_E5M2FNUZ"), 8)
    | {"F6_E2M3": 6, "F6_E3M2": 6, "F4": 4}
)
"""Of one element, by dtype."""

_DTYPE = re.compile(r"[A-Z][A-Z0-9_]{0,19}", re.ASCII)


def read_safetensors(source: Source, file: SourceFile) -> WeightFile:
    """Raises BadRequest for what is malformed."""
    first = source.read(file, 0, min(FIRST, file.size))
    length = int.from_bytes(first[:8], "little")
    if len(first) < 8 or not 2 <= length <= file.size - 8:
        raise BadRequest(f"{file.path}: not a safetensors file, or cut off")
    if length > MAX_HEADER:
        raise BadRequest(f"{file.path}: a header of {length} bytes; at most {MAX_HEADER} are read")
    # A larger one is read again from its beginning: joined to what is there, it would be there
    # three times.
    is_small = length <= len(first) - 8
    header = first[8 : 8 + length] if is_small else source.read(file, 8, 8 + length)
    try:
        metadata, tensors = parse_header(header, file.size - 8 - length)
    except ValueError as error:
        raise BadRequest(f"{file.path}: {error}") from None
    known = {tensor.dtype for tensor in tensors} - BITS.keys()
    warnings = tuple(f"the dtype {dtype} is not known" for dtype in sorted(known))
    return WeightFile(file.path, "safetensors", file.size, tensors, metadata, warnings=warnings)


def parse_header(header: bytes, data: int) -> tuple[dict[str, str], tuple[Tensor, ...]]:
    """`__metadata__` and the tensors, which fill the `data` bytes behind the header exactly.

    Raises ValueError with the reason.
    """
    found = _object(header)
    metadata = _metadata(found.pop("__metadata__", {}))
    placed = [_tensor(name, described) for name, described in found.items()]
    _check_tiling((place for place, _ in placed), data)
    return metadata, tuple(tensor for _, tensor in placed)


def _object(header: bytes) -> dict[str, Any]:
    """The JSON object. What would be more values than memory holds is refused unparsed."""
    if not header.startswith(b"{"):
        raise ValueError("its header does not begin with {")
    if (
        header.count(b"{") > 2 * MAX_TENSORS
        or header.count(b"[") > 4 * MAX_TENSORS
        or header.count(b",") > 8 * MAX_TENSORS
    ):
        raise ValueError(f"its header has more than {MAX_TENSORS} tensors")
    try:
        found = _loads(header)
    except (ValueError, RecursionError):
        raise ValueError("its header is not JSON") from None
    tensors = len(found) - ("__metadata__" in found)
    if tensors > MAX_TENSORS:
        raise ValueError(f"its header has more than {MAX_TENSORS} tensors")
    if header.count(b'"data_offsets"') != tensors:  # a key twice, or a tensor with a strange name
        _refuse_duplicates(header)
    return found


def _loads(header: bytes) -> dict[str, Any]:
    """orjson sets aside twelve times what it reads: for a large header Python's parser is as fast,
    and what it takes and orjson does not is refused."""
    if len(header) <= MAX_FAST:
        found: dict[str, Any] = orjson.loads(header)
        return found
    found = json.loads(header)
    described = found.get("__metadata__")
    texts = described.values() if isinstance(described, dict) else ()
    for text in (*found, *texts):
        str(text).encode()  # half a surrogate pair raises
    return found


def _refuse_duplicates(header: bytes) -> None:
    def pairs(found: list[tuple[str, Any]]) -> None:
        if len({key for key, _ in found}) < len(found):
            raise ValueError("a key of its header is there twice")

    try:
        json.loads(header, object_pairs_hook=pairs)
    except RecursionError:
        raise ValueError("its header is nested too deeply") from None


def _metadata(found: object) -> dict[str, str]:
    if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
        raise ValueError("its __metadata__ is not text")
    kept = {key: text for key, text in found.items() if len(text) <= MAX_METADATA}
    return dict(islice(kept.items(), MAX_KEYS))


def _tensor(name: str, described: object) -> tuple[tuple[int, int], Tensor]:
    if not isinstance(described, dict) or len(described) != 3:
        raise ValueError("a tensor is not described as the format wants it")
    dtype = described.get("dtype")
    if not isinstance(dtype, str) or not _DTYPE.fullmatch(dtype):
        raise ValueError("a tensor without a dtype")
    begin, end = _numbers(described.get("data_offsets"), "place", range(2, 3))
    parameters = 1
    shape = _numbers(described.get("shape"), "shape", range(65))
    for dimension in shape:
        parameters *= dimension
        if parameters > MAX_PARAMETERS:
            raise ValueError("a tensor larger than any")
    bits = BITS.get(dtype)
    if end < begin or (bits and parameters * bits != 8 * (end - begin)):
        raise ValueError("a tensor whose shape is not as large as its bytes")
    return (begin, end), Tensor(name, dtype, tuple(shape), end - begin, parameters)


def _numbers(found: object, what: str, lengths: range) -> list[int]:
    if not isinstance(found, list) or len(found) not in lengths:
        raise ValueError(f"a tensor without a proper {what}")
    if not all(type(number) is int and 0 <= number <= MAX_NUMBER for number in found):
        raise ValueError(f"a tensor without a proper {what}")
    return found


def _check_tiling(places: Iterable[tuple[int, int]], data: int) -> None:
    at = 0
    for begin, end in sorted(places):
        if begin != at:
            raise ValueError("its tensors overlap or leave holes")
        at = end
    if at != data:
        raise ValueError(f"its tensors have {at} bytes, and {data} are there")
