"""GGUF metadata of every family, read into an `Architecture` as llama.cpp would build it.

Keys are `{general.architecture}.…` and are asked for whole, never by their ending. Which layers
slide or recur is in part llama.cpp's own knowledge: the tables here are read from the version in
llama-cpp-python 0.3.36. Parameters are the formulas'; a file's header counts them exactly.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hearthub.fit.architecture import Architecture, Attention, FeedForward, Layer
from hearthub.fit.configs import feed_forward, mixers
from hearthub.fit.configs.fields import MOST_LAYERS, Fields

EVERY = {
    "afmoe": 4,
    "cohere2": 4,
    "cohere2moe": 4,
    "exaone-moe": 4,
    "exaone4": 4,
    "gemma2": 2,
    "gemma3": 6,
    "gemma3n": 5,
    "gpt-oss": 2,
    "laguna": 4,
    "llama4": 4,
    "mellum": 4,
    "muse-glimmer": 4,
    "olmo2": 4,
    "plamo3": 8,
    "smallthinker": 4,
}
"""One layer of full attention in so many, where the file has no pattern."""
FULL_FIRST = frozenset(["cohere2moe", "laguna", "smallthinker"])
LISTED = frozenset("gemma4 granite-swa mimo2 step35 maple spark2-5 dots3note".split())
"""Families that slide by the pattern in their file alone."""
WINDOWS = {"gemma2": 4096, "llama4": 8192, "exaone-moe": 128}
FIXED_WINDOWS = {"llama4": 8192, "smallthinker": 4096}
"""Windows that llama.cpp takes whatever the file says."""

RECURRENT = frozenset(["mamba", "mamba2"])
BY_KV_HEADS = frozenset(
    "jamba granitehybrid plamo2 lfm2 lfm2moe kimi-linear kimi-k3 nemotron_h nemotron_h_moe".split()
)
"""Hybrids that mark a recurrent layer by 0 key-value heads."""
BY_INTERVAL = frozenset(["qwen3next", "qwen35", "qwen35moe", "minimax-01"])
SPLIT = frozenset(["nemotron_h", "nemotron_h_moe"])
"""Families whose feed-forward blocks are layers of their own."""
ENCODERS = frozenset(
    """bert nomic-bert nomic-bert-moe jina-bert-v2 jina-bert-v3 modern-bert neo-bert eurobert
    gemma-embedding t5encoder""".split()
)
KV_FROM_START = {"gemma3n": 20}
"""Layers with a cache of their own, where the file does not say."""


def architecture_of(metadata: Mapping[str, Any]) -> Architecture:
    """What a GGUF header describes. Raises BadRequest, naming the key, where it cannot be."""
    name = str(metadata.get("general.architecture", ""))[:100]
    keys = Fields(_without_prefix(metadata, name + "."), f"GGUF ({name or 'no architecture'})")
    hidden, every = keys.need("embedding_length"), keys.need("block_count", most=MOST_LAYERS)
    count = every - keys.whole("nextn_predict_layers", most=every - 1)
    shape = _Shape(name, keys, hidden, count)
    vocabulary = keys.whole("vocab_size") or _length(metadata.get("tokenizer.ggml.tokens"))
    layer_size = keys.whole("embedding_length_per_layer_input")
    return Architecture(
        name=name,
        family=name,
        hidden=hidden,
        vocabulary=vocabulary,
        context_max=keys.whole("context_length", most=2**40) or None,
        layers=tuple(_layer(shape, index) for index in range(count)),
        embedding_parameters=vocabulary * (hidden + layer_size * count),
        head_parameters=vocabulary * hidden,
        other_parameters=hidden,
        is_decoder=name not in ENCODERS,
    )


def _without_prefix(metadata: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {k[len(prefix) :]: v for k, v in metadata.items() if k.startswith(prefix)}


def _length(value: Any) -> int:
    """Readers give long arrays as their length."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return len(value)
    return value if isinstance(value, int) and 0 <= value < 2**32 else 0


@dataclass(frozen=True, slots=True)
class _Shape:
    name: str
    keys: Fields
    hidden: int
    count: int

    def at(self, key: str, index: int, default: int = 0) -> int:
        """A key that is one number, or an array with one for each layer."""
        if self.keys.sequence(key) is None:
            return self.keys.whole(key, default=default)
        values = self.keys.wholes(key) or (default,)
        return values[min(index, len(values) - 1)]


def _layer(shape: _Shape, index: int) -> Layer:
    return Layer(_mixer(shape, index), _block(shape, index), 2 * shape.hidden)


def _mixer(shape: _Shape, index: int) -> Attention:
    if shape.name in SPLIT and shape.at("feed_forward_length", index):
        return Attention("none")
    if shape.name == "falcon-h1":
        side = _recurrent(shape)
        return replace(_softmax(shape, index), state_size=side.state_size, conv_size=side.conv_size)
    if _is_recurrent(shape, index):
        return _recurrent(shape)
    if shape.at("attention.head_count", index) == 0:
        return Attention("none")  # Deci: a layer that only feeds forward
    return _softmax(shape, index)


def _is_recurrent(shape: _Shape, index: int) -> bool:
    keys = shape.keys
    if shape.name in RECURRENT:
        return True
    if shape.name in BY_KV_HEADS:
        return shape.at("attention.head_count_kv", index, default=1) == 0
    if shape.name in BY_INTERVAL:
        if listed := keys.sequence("attention.recurrent_layers"):
            return bool(listed[index % len(listed)])
        default = 8 if shape.name == "minimax-01" else 4
        return (index + 1) % max(keys.whole("full_attention_interval", default=default), 1) != 0
    return False


def _recurrent(shape: _Shape) -> Attention:
    keys, hidden = shape.keys, shape.hidden
    heads = max(keys.wholes("attention.head_count") or (keys.whole("attention.head_count"),))
    conv = keys.whole("ssm.conv_kernel", default=4)
    inner, state = keys.whole("ssm.inner_size"), keys.whole("ssm.state_size")
    groups, rank = keys.whole("ssm.group_count"), keys.whole("ssm.time_step_rank")
    if width := keys.whole("shortconv.l_cache"):
        return mixers.short_conv(hidden, width)
    if size := keys.whole("kda.head_dim"):
        return mixers.kimi_delta(hidden, heads, size, conv, full_gate=False)
    if shape.name == "minimax-01":
        return mixers.lightning(hidden, heads, keys.whole("attention.key_length", default=128))
    if shape.name in BY_INTERVAL:
        return mixers.delta(hidden, groups, rank, state, inner // max(rank, 1), conv)
    if shape.name in ("mamba", "jamba"):
        return mixers.mamba(hidden, inner, state, conv, rank)
    return mixers.mamba2(hidden, inner, state, conv, groups, rank)


def _softmax(shape: _Shape, index: int) -> Attention:
    keys, hidden = shape.keys, shape.hidden
    heads = shape.at("attention.head_count", index) or keys.need("attention.head_count")
    kv_heads = shape.at("attention.head_count_kv", index, default=heads)
    window = _window(shape, index)
    size = keys.whole("attention.key_length", default=hidden // heads)
    value = keys.whole("attention.value_length", default=hidden // heads)
    if keys.whole("attention.key_length_mla"):
        return _latent(shape, index, heads, size)
    if window:
        size = keys.whole("attention.key_length_swa", default=size)
        value = keys.whole("attention.value_length_swa", default=value)
    shared = keys.whole("attention.shared_kv_layers", most=shape.count)
    own = shape.count - shared if shared else KV_FROM_START.get(shape.name, shape.count)
    plain = mixers.grouped(
        hidden, heads, kv_heads, size, value, window=window, has_cache=index < own
    )
    if shape.name == "minimax-m3" and index >= keys.whole("leading_dense_block_count"):
        return replace(plain, index_size=keys.whole("attention.indexer.key_length"))
    return plain


def _latent(shape: _Shape, index: int, heads: int, kept: int) -> Attention:
    """`key_length` is what is kept; the `_mla` lengths are the heads' own."""
    keys = shape.keys
    rank = keys.need("attention.kv_lora_rank", most=kept)
    rope, size = kept - rank, keys.whole("attention.key_length_mla")
    types = keys.sequence("attention.indexer.types")
    indexed = not types or bool(types[index % len(types)])
    return mixers.latent(
        shape.hidden,
        heads,
        q_rank=keys.whole("attention.q_lora_rank"),
        kv_rank=rank,
        nope=max(size - rope, 0),
        rope=rope,
        value=keys.whole("attention.value_length_mla"),
        index_heads=keys.whole("attention.indexer.head_count") if indexed else 0,
        index_size=keys.whole("attention.indexer.key_length") if indexed else 0,
    )


def _window(shape: _Shape, index: int) -> int:
    """Tokens the layer looks back, 0 for all: as llama.cpp takes it, which ignores some files."""
    keys, name = shape.keys, shape.name
    window = keys.whole("attention.sliding_window", default=WINDOWS.get(name, 0))
    if name == "exaone4" and shape.count != 64:
        return 0
    if window == 0 or (name not in EVERY and name not in LISTED):
        return 0
    window = FIXED_WINDOWS.get(name, window)
    if pattern := keys.sequence("attention.sliding_window_pattern"):
        return window if pattern[index % len(pattern)] else 0
    period = keys.whole("attention.sliding_window_pattern", default=EVERY.get(name, 1))
    if period == 0:
        return window
    is_full = index % period == (0 if name in FULL_FIRST else period - 1)
    return 0 if is_full else window


def _block(shape: _Shape, index: int) -> FeedForward:
    keys, hidden = shape.keys, shape.hidden
    if shape.name in RECURRENT:
        return feed_forward.NOTHING
    size = shape.at("feed_forward_length", index)
    if shape.name in SPLIT and not size:
        return feed_forward.NOTHING
    count = keys.whole("expert_count", most=feed_forward.MOST_EXPERTS)
    step = max(keys.whole("interleave_moe_layer_step"), 1)
    dense = index < keys.whole("leading_dense_block_count") or (index + 1) % step != 0
    if not count or dense:
        return feed_forward.dense(hidden, size)
    expert = shape.at("expert_feed_forward_length", index) or size
    shared = keys.whole("expert_shared_feed_forward_length")
    return feed_forward.experts(
        hidden,
        count,
        shape.at("expert_used_count", index),
        expert,
        shared=shared or keys.whole("expert_shared_count") * expert,
        latent=keys.whole("moe_latent_size"),
        extra=3 * hidden * size if shape.name == "gemma4" else 0,
    )
