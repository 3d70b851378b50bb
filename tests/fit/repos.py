"""A folder as a repo of weights: real files with holes for the weights, by path."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fit.gguf_files import write_gguf
from fit.weight_files import pickle_of, write_safetensors, write_torch
from hearthub.fit.checkpoints import Contents, contents
from hearthub.fit.sources import local
from hearthub.fit.weights import Checkpoint

Shapes = Mapping[str, tuple[str, tuple[int, ...]]]

SMALL: Shapes = {"w": ("BF16", (8, 4))}
"""64 bytes, 32 parameters."""
GGUF: tuple[dict[str, Any], list[tuple[str, tuple[int, ...], str]]] = (
    {"general.architecture": "llama"},
    [("blk.0.attn_q.weight", (4, 256), "Q4_K")],
)
"""576 bytes, 1,024 parameters."""
CLIP: tuple[dict[str, Any], list[tuple[str, tuple[int, ...], str]]] = (
    {"general.architecture": "clip"},
    [("v.blk.0.attn_q.weight", (16, 16), "F16")],
)
"""512 bytes, 256 parameters."""


def write(folder: Path, files: Mapping[str, Any]) -> Path:
    """By ending: tensors for .safetensors, keys and tensors for .gguf, an object for .json, the
    elements of each float storage for torch; bytes are written as they are."""
    for path, value in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(value, bytes):
            target.write_bytes(value)
        elif target.suffix == ".safetensors":
            write_safetensors(target, value)
        elif target.suffix == ".gguf":
            write_gguf(target, *value)
        elif target.suffix == ".json":
            target.write_text(json.dumps(value))
        else:
            storages = {str(number): 4 * count for number, count in enumerate(value)}
            write_torch(target, storages, pickle_of([("FloatStorage", n) for n in value]))
    return folder


def read(folder: Path, files: Mapping[str, Any]) -> Contents:
    return contents(local(write(folder, files)))


def only(folder: Path, files: Mapping[str, Any]) -> Checkpoint:
    """The one checkpoint there is."""
    (found,) = read(folder, files).checkpoints
    return found


def names(found: Contents) -> list[str]:
    return [each.name for each in found.checkpoints]


def in_worker(folder: Path) -> list[str]:
    """`names` of a repo that is read where memory is limited."""
    return names(contents(local(folder)))
