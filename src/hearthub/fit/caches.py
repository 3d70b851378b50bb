"""Bytes that a context takes: keys and values by token, states by sequence.

Two engines round and pad in their own way (read from the llama.cpp of llama-cpp-python 0.3.36
and vLLM 0.32); `transformers` keeps what the shape needs, and so does `neutral`, no engine's.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Literal

from hearthub.errors import BadRequest
from hearthub.fit.architecture import Architecture, Attention, Layer

CacheType = Literal["f32", "f16", "bf16", "q8_0", "q4_0", "fp8"]
Engine = Literal["neutral", "llama.cpp", "vllm", "transformers"]

ELEMENT = {
    "f32": Fraction(4),
    "f16": Fraction(2),
    "bf16": Fraction(2),
    "fp8": Fraction(1),
    "q8_0": Fraction(34, 32),
    "q4_0": Fraction(18, 32),
}
"""Bytes of one cached element; a ggml block is 32 elements and a 16-bit scale."""

MOST_TOKENS = 2**32


@dataclass(frozen=True, slots=True)
class Use:
    """How a model is served. `context`: tokens of one sequence."""

    context: int
    sequences: int = 1
    cache_type: CacheType = "f16"
    engine: Engine = "neutral"
    ubatch: int = 512
    """Tokens of one step of llama.cpp (`-ub`)."""
    in_flight: int = 8192
    """Tokens of one step of vLLM (`--max-num-batched-tokens`)."""
    block: int = 16
    """Tokens of a cache block of vLLM."""
    swa_full: bool = False
    """llama.cpp's `--swa-full`: sliding layers keep the whole context."""

    def __post_init__(self) -> None:
        for name in ("context", "sequences", "ubatch", "in_flight", "block"):
            if not 1 <= getattr(self, name) <= MOST_TOKENS:
                raise BadRequest(f"{name} must be from 1 to {MOST_TOKENS}")
        if self.cache_type not in ELEMENT:
            raise BadRequest(f"No such cache type: choose one of {', '.join(ELEMENT)}")


def pad(tokens: int, multiple: int) -> int:
    return -(-tokens // multiple) * multiple


def tokens_kept(window: int, use: Use) -> int:
    """Tokens that a layer keeps of one sequence; `window` 0 is full attention."""
    match use.engine:
        case "llama.cpp":
            full = pad(use.context, 256)
            if not window or use.swa_full:
                return full
            return pad(min(full, window + use.ubatch), 256)
        case "vllm":
            full = pad(use.context, use.block)
            if not window:
                return full
            kept = min(window - 1 + use.in_flight, use.context)
            return min(pad(kept, use.block) + use.block, full + use.block)
        case _:
            return min(use.context, window) if window else use.context


def layer_bytes(layer: Layer, use: Use) -> int:
    """Cache and state of one layer, of all sequences, in bytes."""
    mixer = layer.attention
    size = _keys_and_values(mixer, use) + _state(mixer, use)
    if layer.cross is not None:
        cross = layer.cross
        entry = cross.kv_heads * (cross.key_size + cross.value_size)
        size += _bytes(entry * cross.window, use)
    return size * use.sequences


def cache_bytes(architecture: Architecture, use: Use) -> int:
    """Cache and states of all layers and sequences, in bytes; 0 for encoders."""
    if not architecture.is_decoder:
        return 0
    return sum(layer_bytes(layer, use) for layer in architecture.layers)


def token_bytes(architecture: Architecture, cache_type: CacheType = "f16") -> int:
    """What one more token costs while no window is full, in bytes."""
    use = Use(context=1, cache_type=cache_type)
    return sum(_keys_and_values(layer.attention, use) for layer in architecture.layers)


def state_bytes(architecture: Architecture, use: Use) -> int:
    """What stays the same at any length, of all sequences, in bytes."""
    return sum(_state(layer.attention, use) for layer in architecture.layers) * use.sequences


def _keys_and_values(mixer: Attention, use: Use) -> int:
    if not mixer.has_cache or mixer.kind == "none":
        return 0
    entry = mixer.kv_heads * (mixer.key_size + mixer.value_size)
    size = _bytes(entry * tokens_kept(mixer.window, use), use) if entry else 0
    full = tokens_kept(0, use)
    if mixer.compression:
        return size + _bytes((entry + mixer.index_size) * -(-full // mixer.compression), use)
    index = mixer.index_size
    if index and use.engine == "llama.cpp" and mixer.kind != "mla":
        index += mixer.value_size  # its cache for the index of MSA has room for values too
    return size + _bytes(index * full, use)


def _state(mixer: Attention, use: Use) -> int:
    """llama.cpp keeps all of it in f32; vLLM keeps the convolution's part in 16 bits."""
    conv = 4 if use.engine == "llama.cpp" else 2
    return 4 * mixer.state_size + conv * mixer.conv_size


def _bytes(elements: int, use: Use) -> int:
    return ceil(elements * ELEMENT[use.cache_type])
