"""Gemma 3n and 4: two sizes of head, keys shared between layers, embeddings by layer."""

from dataclasses import replace

from hearthub.fit.architecture import Attention, FeedForward, Layer
from hearthub.fit.configs import feed_forward, mixers, patterns
from hearthub.fit.configs.attention import HEADS, KV_HEADS, hidden_size
from hearthub.fit.configs.fields import Fields, family_of

FAMILIES = frozenset(["gemma3n", "gemma4"])


def layers(text: Fields, kinds: list[str]) -> tuple[Layer, ...]:
    """The last `num_kv_shared_layers` use the keys and values of earlier ones."""
    first_shared = len(kinds) - text.whole("num_kv_shared_layers", most=len(kinds))
    return tuple(
        _layer(text, index, kind, shared=index >= first_shared) for index, kind in enumerate(kinds)
    )


def around(text: Fields, count: int) -> tuple[int, int]:
    """Per-layer embeddings, and the projections around the layers, in parameters."""
    size, hidden = text.whole("hidden_size_per_layer_input"), hidden_size(text)
    tables = text.whole("vocab_size_per_layer_input") * size * count
    other = hidden * size * count + size
    if family_of(text) == "gemma3n":  # AltUp projects each of its other inputs in and out
        other += 2 * max(_altup(text) - 1, 0) * hidden * hidden
    return (tables, other) if size else (0, 0)


def _layer(text: Fields, index: int, kind: str, *, shared: bool) -> Layer:
    hidden, ple = hidden_size(text), text.whole("hidden_size_per_layer_input")
    other = 4 * hidden + (2 * hidden * ple + hidden if ple else 0)
    if family_of(text) == "gemma3n":
        inputs, rank = _altup(text), text.whole("laurel_rank", default=64)
        other += 2 * hidden * rank + (3 + inputs) * hidden + inputs**2 + inputs**3
    return Layer(
        _attention(text, hidden, sliding=kind == "sliding", shared=shared),
        _block(text, index, hidden, shared=shared),
        other,
    )


def _attention(text: Fields, hidden: int, *, sliding: bool, shared: bool) -> Attention:
    heads = text.need(*HEADS)
    kv_heads = text.whole(*KV_HEADS, default=heads)
    size = text.whole("head_dim", default=256)
    one_projection = False
    if not sliding and family_of(text) == "gemma4":
        size = text.whole("global_head_dim", default=size)
        one_projection = text.flag("attention_k_eq_v")
        if one_projection:
            kv_heads = text.whole("num_global_key_value_heads", default=kv_heads)
    unused = hidden * kv_heads * size * (1 if one_projection else 2)  # in files of 3n all the same
    return mixers.grouped(
        hidden,
        heads,
        kv_heads,
        size,
        size,
        window=patterns.window(text) if sliding else 0,
        separate_values=not one_projection,
        has_cache=not shared,
        extra=2 * size - (unused + size if shared else 0),
    )


def _block(text: Fields, index: int, hidden: int, *, shared: bool) -> FeedForward:
    dense = feed_forward.of_layer(text, index, hidden, sparse=False)
    if shared and text.flag("use_double_wide_mlp"):
        dense = feed_forward.dense(hidden, 2 * dense.inner)
    count = feed_forward.expert_count(text)
    if not count or not text.flag("enable_moe_block"):
        return dense
    routed = feed_forward.of_layer(text, index, hidden, sparse=True)
    other = routed.other_parameters + dense.other_parameters + 4 * hidden + count
    return replace(routed, other_parameters=other)


def _altup(text: Fields) -> int:
    return text.whole("altup_num_inputs", default=4, most=64)
