"""A model's shape, layer by layer, in one form whatever its config or file calls things.

`config.json` and GGUF keys are both read into this; counts of parameters, caches and speed are
worked out from this alone.
"""

from dataclasses import dataclass
from typing import Literal

AttentionKind = Literal["full", "sliding", "mla", "mamba", "delta", "conv", "cross", "none"]
"""`delta` is any linear attention with a square state a head; `none` mixes no tokens."""


@dataclass(frozen=True, slots=True)
class Attention:
    """What a layer mixes tokens with. Sizes are in elements; what a kind has not is 0."""

    kind: AttentionKind
    heads: int = 0
    kv_heads: int = 0
    key_size: int = 0
    """Of one head; of `mla` kv_lora_rank + rope."""
    value_size: int = 0
    window: int = 0
    """Tokens a sliding layer looks back; of `cross` the encoder's tokens, all of them kept."""
    has_cache: bool = True
    """False where another layer's keys and values are used (shared KV)."""
    state_size: int = 0
    """Elements a sequence keeps whatever its length, in f32: mamba, delta. A `full` layer with a
    state has both side by side (Falcon-H1)."""
    conv_size: int = 0
    """Elements a sequence keeps of a short convolution's input."""
    index_size: int = 0
    """Of the key that a sparse layer's indexer keeps beside each token's (DSA, MSA)."""
    compression: int = 0
    """Tokens that become one entry of a second, unbounded cache of this layer (DeepSeek-V4)."""
    parameters: int = 0


@dataclass(frozen=True, slots=True)
class FeedForward:
    """What a layer does to each token."""

    experts: int = 0
    """Routed ones; 0 for a dense layer."""
    active_experts: int = 0
    expert_parameters: int = 0
    """Of one routed expert."""
    other_parameters: int = 0
    """All else: the dense part, shared experts, the router."""
    inner: int = 0
    """Width of the dense block or of one routed expert, in elements."""
    matrices: int = 3
    """Of a block: 3 where one gates."""


@dataclass(frozen=True, slots=True)
class Layer:
    attention: Attention
    feed_forward: FeedForward
    other_parameters: int = 0
    """Norms and what else a layer carries."""
    cross: Attention | None = None
    """To an encoder's output, in the decoders of T5 and Whisper."""


@dataclass(frozen=True)
class Architecture:
    """A text decoder or encoder, with what stands around it."""

    name: str
    """`architectures[0]` of config.json, or `general.architecture` of a GGUF file."""
    family: str
    """`model_type`, or the GGUF architecture."""
    hidden: int
    vocabulary: int
    context_max: int | None
    layers: tuple[Layer, ...]
    embedding_parameters: int
    """All tables looked up by token, per-layer embeddings among them; not the output head."""
    head_parameters: int
    """0 where the embedding is used again (tied)."""
    other_parameters: int = 0
    """Final norms, projections."""
    vision_parameters: int = 0
    """Towers of other modalities with their connectors."""
    is_decoder: bool = True
    warnings: tuple[str, ...] = ()
    """Where this is an estimate, and why."""
