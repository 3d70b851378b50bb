"""Diffusion and video pipelines: several models, of which not all need be on the GPU at once."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from hearthub.errors import BadRequest
from hearthub.fit import memory as memories
from hearthub.fit.memory import Memory
from hearthub.fit.weights import Tensor

Placing = Literal["all", "model_offload", "group_offload"]

NOT_COUNTED = "activations are not counted"
"""They follow from resolution, frames and tiling, which nothing in a repo tells."""

BLOCK = re.compile(r"^(.*?(?:blocks|layers|layer|block)\.\d{1,6})\.")


@dataclass(frozen=True, slots=True)
class Component:
    """A model of a pipeline: transformer, text encoder, VAE."""

    name: str
    weights_bytes: int
    block_bytes: int = 0
    """Of its largest block; 0 where its tensors are not known."""


def largest_block(tensors: Iterable[Tensor]) -> int:
    """Bytes of the largest repeated block, by the tensors' names."""
    sizes: dict[str, int] = {}
    for tensor in tensors:
        if found := BLOCK.match(tensor.name):
            sizes[found[1]] = sizes.get(found[1], 0) + tensor.size
    return max(sizes.values(), default=0)


def pipeline(
    components: Iterable[Component], placing: Placing = "all", *, activations_bytes: int = 0
) -> Memory:
    """GPU memory of a diffusers pipeline, in bytes. `activations_bytes` is the caller's estimate:
    the VAE's decoding of video takes the most unless it is tiled."""
    parts = tuple(components)
    if not parts:
        raise BadRequest("A pipeline needs a component")
    largest = max(parts, key=lambda component: component.weights_bytes)
    choices: Mapping[str, tuple[int, str]] = {
        "all": (
            sum(component.weights_bytes for component in parts),
            " + ".join(f"{c.name} {c.weights_bytes}" for c in parts),
        ),
        "model_offload": (largest.weights_bytes, f"the largest component: {largest.name}"),
        "group_offload": (
            max(component.block_bytes or component.weights_bytes for component in parts),
            "the largest block of any component",
        ),
    }
    if placing not in choices:
        raise BadRequest(f"A pipeline is placed as one of {', '.join(choices)}")
    return memories.memory(
        0,
        weights=choices[placing],
        compute=(activations_bytes, "activations" if activations_bytes else NOT_COUNTED),
        overhead=memories.overhead(1),
    )
