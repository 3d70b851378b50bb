"""How many parameters a checkpoint has, from the headers of its safetensors files."""

import re
from collections.abc import Iterable
from typing import Any

# The dtypes of the format so far: BOOL, U8, F8_E4M3, F6_E2M3, F4, BF16, C64...
_DTYPE = re.compile(r"[A-Z][A-Z0-9_]{0,19}", re.ASCII)
_MAX_PARAMETERS = 2**60
_MAX_TENSORS = 200_000  # the largest open checkpoints have half of that
_MAX_DIMENSIONS = 64
_MAX_DTYPES = 32


def parameters(headers: Iterable[object]) -> dict[str, Any] | None:
    """Parameters by dtype and in total, from safetensors headers (shape times shape).

    None when there are none, and when any header is not as the format wants it: what is left out
    of a sum makes it wrong. https://huggingface.co/docs/safetensors/index#format
    """
    by_dtype: dict[str, int] = {}
    tensors = 0
    for header in headers:
        if not isinstance(header, dict):
            return None
        tensors += len(header)
        if tensors > _MAX_TENSORS:
            return None
        for name, tensor in header.items():
            if name == "__metadata__":
                continue
            found = _tensor(tensor)
            if found is None:
                return None
            dtype, count = found
            by_dtype[dtype] = by_dtype.get(dtype, 0) + count
    total = sum(by_dtype.values())
    if not by_dtype or len(by_dtype) > _MAX_DTYPES or total > _MAX_PARAMETERS:
        return None
    return {"parameters": by_dtype, "total": total}


def _tensor(tensor: object) -> tuple[str, int] | None:
    """The dtype and the number of parameters of one tensor, None when it is none."""
    if not isinstance(tensor, dict):
        return None
    dtype, shape = tensor.get("dtype"), tensor.get("shape")
    if not isinstance(dtype, str) or not _DTYPE.fullmatch(dtype):
        return None
    if not isinstance(shape, list) or len(shape) > _MAX_DIMENSIONS:
        return None
    count = 1
    for dimension in shape:
        if type(dimension) is not int or not 0 <= dimension <= _MAX_PARAMETERS:  # True is an int
            return None
        count *= dimension
        if count > _MAX_PARAMETERS:  # now: a product of large numbers costs minutes
            return None
    return dtype, count
