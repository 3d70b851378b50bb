"""`safetensors` and `gguf` of a model as the Hub's API has them, from headers that were read."""

from collections.abc import Iterable
from math import prod
from typing import Any

from hearthub.fit.checkpoints import Contents
from hearthub.fit.model import gguf_metadata
from hearthub.fit.weights import Checkpoint
from hearthub.fit.words import word

MAX_DTYPES = 32
MAX_TEMPLATE = 100_000  # characters


def safetensors_field(contents: Contents) -> dict[str, Any] | None:
    """`{parameters: {dtype: n}, total, sharded}` of the preferred checkpoint, of a pipeline all.

    Numbers as they lie in the files: several packed weights are one, as on the Hub.
    """
    found = [each for each in contents.checkpoints if each.format == "safetensors"]
    parts = found if contents.is_pipeline else found[:1]
    by_dtype = _parameters(parts)
    if not by_dtype or len(by_dtype) > MAX_DTYPES:
        return None
    sharded = any(len(part.files) > 1 for part in parts)
    return {"parameters": by_dtype, "total": sum(by_dtype.values()), "sharded": sharded}


def gguf_field(contents: Contents) -> dict[str, Any] | None:
    """`{total, architecture, context_length, ...}` of the preferred GGUF file."""
    chosen = next((each for each in contents.checkpoints if each.format == "gguf"), None)
    if chosen is None:
        return None
    metadata = gguf_metadata(chosen)
    architecture = word(metadata.get("general.architecture"))
    length = metadata.get(f"{architecture}.context_length")
    template = metadata.get("tokenizer.chat_template")
    found = {
        "total": chosen.parameters or None,
        "architecture": architecture,
        "context_length": length if type(length) is int and 0 < length < 2**40 else None,
        "quantize_imatrix_file": word(metadata.get("quantize.imatrix.file")),
        "chat_template": template if _is_template(template) else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _parameters(parts: Iterable[Checkpoint]) -> dict[str, int]:
    by_dtype: dict[str, int] = {}
    for part in parts:
        for tensor in part.tensors:
            by_dtype[tensor.dtype] = by_dtype.get(tensor.dtype, 0) + prod(tensor.shape)
    return by_dtype


def _is_template(text: object) -> bool:
    return isinstance(text, str) and 0 < len(text) <= MAX_TEMPLATE
