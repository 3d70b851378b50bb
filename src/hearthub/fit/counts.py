"""Parameters of an architecture: all of them, those at work for one token, and the effective ones.

Publishers count the embedding differently, so active parameters come both ways.
"""

from dataclasses import dataclass

from hearthub.fit.architecture import Architecture, Layer

WITHOUT_TOWERS = frozenset(["gemma3n"])
"""Families whose E leaves out vision and audio too: E2B is 1.9 B of Gemma 3n and 2.3 B of Gemma 4,
as their cards say."""


@dataclass(frozen=True, slots=True)
class Counts:
    total: int
    """With towers of other modalities; without layers that only draft (MTP)."""
    text: int
    active: int
    """Of the text: routed experts in the share that a token uses."""
    active_without_embedding: int
    """Without the tables looked up by token; the head stays, tied or not."""
    effective: int
    """Without any embedding table, towers with it: the E of E2B (see `WITHOUT_TOWERS`)."""
    embedding: int
    """The tables; the head apart, unless it is the same table."""
    routed: int
    """Of all routed experts."""
    experts: int
    """Routed experts of a layer that has any, and how many of them a token uses."""
    active_experts: int


def layer_total(layer: Layer) -> int:
    cross = layer.cross.parameters if layer.cross else 0
    other = layer.feed_forward.other_parameters + layer.other_parameters
    return layer.attention.parameters + cross + other + layer_routed(layer)


def layer_routed(layer: Layer) -> int:
    return layer.feed_forward.experts * layer.feed_forward.expert_parameters


def layer_active(layer: Layer) -> int:
    block = layer.feed_forward
    idle = block.experts - block.active_experts
    return layer_total(layer) - idle * block.expert_parameters


def counts_of(architecture: Architecture) -> Counts:
    """All counts. A tied head is counted once in `total` and works for each token all the same."""
    around = architecture.head_parameters + architecture.other_parameters
    layers = architecture.layers
    text = architecture.embedding_parameters + around + sum(map(layer_total, layers))
    active = architecture.embedding_parameters + around + sum(map(layer_active, layers))
    table = architecture.vocabulary * architecture.hidden
    is_tied = architecture.is_decoder and not architecture.head_parameters
    unused = architecture.embedding_parameters - (table if is_tied else 0)
    towers = architecture.vision_parameters
    if architecture.family.removesuffix("_text") in WITHOUT_TOWERS:
        towers = 0
    routed = [layer.feed_forward for layer in layers if layer.feed_forward.experts]
    return Counts(
        total=text + architecture.vision_parameters,
        text=text,
        active=active,
        active_without_embedding=active - unused,
        effective=text + towers - architecture.embedding_parameters,
        embedding=architecture.embedding_parameters,
        routed=sum(map(layer_routed, layers)),
        experts=max((block.experts for block in routed), default=0),
        active_experts=max((block.active_experts for block in routed), default=0),
    )
