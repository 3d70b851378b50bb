"""What training takes: full, LoRA and QLoRA, with AdamW and gradient checkpointing.

Measured: AdamW in fp32 (the default of TRL, bf16 by autocast) takes 16 bytes a parameter,
everything in bf16 takes 8. Activations are the least certain term, logits often the largest.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from hearthub.errors import BadRequest
from hearthub.fit import memory as memories
from hearthub.fit.architecture import Architecture, Layer
from hearthub.fit.counts import counts_of
from hearthub.fit.memory import Memory

Method = Literal["full", "lora", "qlora"]

ATTENTION = frozenset(["q", "k", "v", "o"])
ALL_LINEAR = ATTENTION | {"gate", "up", "down"}
LOGIT_BYTES = 6
"""A token's logits in bf16 and their fp32 copy; losses that keep gradients too take up to 10."""


@dataclass(frozen=True, slots=True)
class Training:
    method: Method
    sequence: int = 2048
    """Tokens of one example."""
    batch: int = 1
    rank: int = 16
    targets: Collection[str] = ALL_LINEAR
    """Of q, k, v, o, gate, up, down."""
    bf16: bool = False
    """Full training with weights, gradients and optimiser in bf16."""
    checkpointing: bool = True

    def __post_init__(self) -> None:
        if self.method not in ("full", "lora", "qlora"):
            raise BadRequest("A training method is full, lora or qlora")
        for name, most in (("sequence", 2**30), ("batch", 2**20), ("rank", 2**16)):
            if not 1 <= getattr(self, name) <= most:
                raise BadRequest(f"{name} must be from 1 to {most}")
        if unknown := set(self.targets) - ALL_LINEAR:
            raise BadRequest(f"No such LoRA target: {sorted(unknown)[0]}")


def training(architecture: Architecture, plan: Training, *, gpus: int = 1) -> Memory:
    """Weights with their gradients and optimiser, activations of one step, overhead; in bytes."""
    return memories.memory(
        plan.sequence,
        weights=_states(architecture, plan),
        compute=_activations(architecture, plan),
        overhead=memories.overhead(gpus),
    )


def trainable(architecture: Architecture, rank: int, targets: Collection[str]) -> int:
    """Parameters of LoRA: rank x (in + out) of every targeted matrix. Experts are not targeted."""
    return sum(rank * _edges(x, architecture.hidden, targets) for x in architecture.layers)


def _edges(layer: Layer, hidden: int, targets: Collection[str]) -> int:
    mixer, block = layer.attention, layer.feed_forward
    sizes: dict[str, int] = {}
    if mixer.kind in ("full", "sliding"):
        sizes["q"] = hidden + mixer.heads * mixer.key_size
        sizes["k"] = hidden + mixer.kv_heads * mixer.key_size
        sizes["v"] = hidden + mixer.kv_heads * mixer.value_size
        sizes["o"] = mixer.heads * mixer.value_size + hidden
    if block.inner and not block.experts:
        sizes |= dict.fromkeys(("up", "down"), hidden + block.inner)
        if block.matrices == 3:
            sizes["gate"] = hidden + block.inner
    return sum(size for name, size in sizes.items() if name in targets)


def _states(architecture: Architecture, plan: Training) -> tuple[int, str]:
    total = counts_of(architecture).total
    if plan.method == "full":
        each = 8 if plan.bf16 else 16
        return each * total, f"{each} B x {total} parameters (weights, gradients, AdamW)"
    adapters = trainable(architecture, plan.rank, plan.targets)
    scheme = "nf4" if plan.method == "qlora" else "bf16"
    base, formula = memories.weights_of(architecture, scheme)
    return base + 16 * adapters, f"{formula} + 16 B x {adapters} trainable"


def _activations(architecture: Architecture, plan: Training) -> tuple[int, str]:
    tokens, hidden = plan.sequence * plan.batch, architecture.hidden
    count = len(architecture.layers)
    layer = 2 * tokens * (4 * hidden + memories.activations(architecture))
    logits = LOGIT_BYTES * tokens * architecture.vocabulary
    words = f"{LOGIT_BYTES} B x {tokens} tokens x {architecture.vocabulary} logits"
    if not plan.checkpointing:
        return count * layer + logits, f"{count} layers x {layer} + {words}"
    kept = 2 * tokens * hidden * count
    return kept + layer + logits, f"2 B x {tokens} x {hidden} x {count} layers + {layer} + {words}"
