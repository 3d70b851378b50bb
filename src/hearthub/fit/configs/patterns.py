"""Which layer is of which kind: the many ways in which configs say it, read into one list each."""

from collections.abc import Callable

from hearthub.fit.configs.feed_forward import expert_count
from hearthub.fit.configs.fields import MOST_LAYERS, Fields, family_of

KINDS = {
    "full_attention": "full",
    "attention": "full",
    "full": "full",
    "global": "full",
    "global_attention": "full",
    "compressed_sparse_attention": "full",
    "heavily_compressed_attention": "full",
    "deepseek_sparse_attention": "full",
    "minimax_m3_sparse": "full",
    "sliding_attention": "sliding",
    "sliding_window": "sliding",
    "local_attention": "sliding",
    "local": "sliding",
    "chunked_attention": "sliding",
    "linear_attention": "linear",
    "mamba": "mamba",
    "mamba2": "mamba",
    "hybrid": "both",
    "recurrent": "linear",
    "conv": "conv",
    "short_conv": "conv",
    "mlp": "dense",
    "moe": "experts",
}
"""The words of `layer_types` and its kin."""

NEMOTRON = {"M": "mamba", "*": "full", "E": "experts", "-": "dense"}
"""`hybrid_override_pattern`: Mamba, attention, experts, dense; each is a layer of its own."""

BARE = frozenset(["mamba", "mamba2", "falcon_mamba"])
"""Families whose layers are the mixer alone."""


def layer_count(text: Fields) -> int:
    if pattern := text.text("hybrid_override_pattern"):
        return len(pattern)
    names = ("num_hidden_layers", "n_layer", "n_layers", "num_layers", "num_decoder_layers")
    if text.get(*names) is None and (listed := _listed(text)):
        return len(listed)
    return text.need(*names, most=MOST_LAYERS)


def kinds(text: Fields, layers: int) -> tuple[list[str], tuple[str, ...]]:
    """The kind of each layer, with warnings.

    One of full, sliding, linear, mamba, conv, both; or dense and experts, which mix no tokens.
    """
    if listed := _listed(text):
        return _of_words(listed, layers)
    rule = _rule(text, family_of(text))
    return [rule(index) for index in range(layers)], ()


def _listed(text: Fields) -> list[object] | None:
    if pattern := text.text("hybrid_override_pattern"):
        return [NEMOTRON.get(letter, letter) for letter in pattern]
    values = text.sequence("layer_types", "layers_block_type", "layer_block_types", "block_types")
    return list(values)[:MOST_LAYERS] if values else None


def _of_words(listed: list[object], layers: int) -> tuple[list[str], tuple[str, ...]]:
    words = [str(word)[:40] for word in listed]
    words = [words[index % len(words)] for index in range(layers)]
    unknown = sorted({w for w in words if w not in KINDS and w not in KINDS.values()})
    warnings = tuple(f"layers of kind {word} are counted as full attention" for word in unknown[:3])
    known = [KINDS.get(word, word if word in KINDS.values() else "full") for word in words]
    return known, warnings


Rule = Callable[[int], str]


def _rule(text: Fields, family: str) -> Rule:
    if special := _hybrid_rule(text, family):
        return special
    if window(text) == 0:
        return lambda _: "full"
    if listed := text.wholes("hybrid_layer_pattern"):
        return lambda index: "sliding" if listed[index % len(listed)] else "full"
    if every := _every(text) or EVERY.get(family):
        last = 0 if family in FULL_FIRST else every - 1
        return lambda index: "full" if index % every == last else "sliding"
    first = text.whole("max_window_layers") if family.startswith(("qwen2", "qwen3", "mimo")) else 0
    return lambda index: "sliding" if index >= first else "full"


EVERY = {
    "gemma2": 2,
    "gemma3": 6,
    "gemma3n": 5,
    "gemma4": 6,
    "gpt_oss": 2,
    "cohere2": 4,
    "modernbert": 3,
    "llama4": 4,
    "exaone4": 4,
    "olmo3": 4,
    "smollm3": 4,
}
"""One layer of full attention in so many, where the config does not say."""
FULL_FIRST = frozenset(["modernbert"])


def _every(text: Fields) -> int:
    pattern = text.get("sliding_window_pattern", "_sliding_window_pattern")
    if isinstance(pattern, str):
        return len(pattern)  # LLLG of EXAONE 4: the last of each group is global
    names = ("sliding_window_pattern", "_sliding_window_pattern", "global_attn_every_n_layers")
    return text.whole(*names, most=MOST_LAYERS) if not isinstance(pattern, list) else 0


def _hybrid_rule(text: Fields, family: str) -> Rule | None:
    if family in BARE:
        return lambda _: "mamba"
    if family == "falcon_h1":
        return lambda _: "both"
    return _periodic_rule(text) or _indexed_rule(text, family)


def _periodic_rule(text: Fields) -> Rule | None:
    if period := text.whole("attn_layer_period"):  # Jamba
        offset = text.whole("attn_layer_offset")
        return lambda index: "full" if index % period == offset else "mamba"
    if period := text.whole("full_attention_interval"):  # Qwen3-Next
        return lambda index: "full" if (index + 1) % period == 0 else "linear"
    return None


def _indexed_rule(text: Fields, family: str) -> Rule | None:
    if full := text.wholes("attn_layer_indices") or text.wholes("full_attn_idxs"):
        other = "conv" if family.startswith("lfm2") else "mamba"  # LFM2, Bamba
        chosen = frozenset(full)
        return lambda index: "full" if index in chosen else other
    if types := text.wholes("attn_type_list"):  # MiniMax-Text-01: 1 is softmax attention
        return lambda index: "full" if types[index % len(types)] else "linear"
    if (linear := text.section("linear_attn_config")) and (kda := linear.wholes("kda_layers")):
        return lambda index: "linear" if index + 1 in kda else "full"  # Kimi-Linear, from 1
    return None


def is_split(text: Fields) -> bool:
    """Whether mixers and feed-forward blocks are layers of their own (Nemotron-H)."""
    return bool(text.get("hybrid_override_pattern")) or family_of(text) == "nemotron_h"


def window(text: Fields) -> int:
    """Tokens that sliding (or chunked) layers look back; 0 where there are none."""
    if text.get("use_sliding_window") is False:
        return 0
    return text.whole(
        "sliding_window",
        "sliding_window_size",
        "local_attention",
        "attention_chunk_size",
        "attention_window_size",
    )


def sparse(text: Fields, layers: int) -> list[bool]:
    """Whether each layer has routed experts."""
    if not expert_count(text) or text.get("enable_moe_block") is False:
        return [False] * layers
    if words := text.sequence("mlp_layer_types"):
        return [words[index % len(words)] in ("sparse", "moe") for index in range(layers)]
    if listed := text.wholes("moe_layer_freq"):
        return [bool(listed[index % len(listed)]) for index in range(layers)]
    rule = _sparse_rule(text)
    return [rule(index) for index in range(layers)]


def _sparse_rule(text: Fields) -> Callable[[int], bool]:
    if listed := text.wholes("moe_layers") or _enumerated(text):
        return lambda index: index in listed
    if period := text.whole("expert_layer_period"):  # Jamba
        offset = text.whole("expert_layer_offset")
        return lambda index: index % period == offset
    if step := text.whole("interleave_moe_layer_step"):  # Llama 4
        return lambda index: (index + 1) % step == 0
    dense = frozenset(text.wholes("mlp_only_layers") or ())
    if step := text.whole("decoder_sparse_step"):  # Qwen
        return lambda index: index not in dense and (index + 1) % step == 0
    first = text.whole("first_k_dense_replace", "num_dense_layers", "moe_layer_start_index")
    step = max(text.whole("moe_layer_interval", "moe_layer_freq"), 1)
    return lambda index: index not in dense and index >= first and (index - first) % step == 0


def _enumerated(text: Fields) -> tuple[int, ...]:
    """Step 3: "4,5,6"."""
    names = text.text("moe_layers_enum").split(",")
    return tuple(int(name) for name in names if name.strip().isdecimal())
