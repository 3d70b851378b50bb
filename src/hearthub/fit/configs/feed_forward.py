"""What layers do to each token: a dense block, or experts of which a router picks a few."""

from collections.abc import Sequence

from hearthub.fit.architecture import FeedForward
from hearthub.fit.configs.fields import Fields, family_of

EXPERTS = ("n_routed_experts", "num_local_experts", "num_experts", "moe_num_experts", "n_experts")
ACTIVE = (
    "num_experts_per_tok",
    "num_experts_per_token",
    "experts_per_token",
    "top_k_experts",
    "moe_top_k",
    "moe_topk",
    "moe_k",
    "num_experts_per_topk",
)
EXPERT_SIZES = ("moe_intermediate_size", "expert_intermediate_size", "moe_ffn_hidden_size")
SHARED_SIZES = (
    "shared_expert_intermediate_size",
    "moe_shared_expert_intermediate_size",
    "shared_intermediate_size",
    "share_expert_dim",
)
SHARED = ("n_shared_experts", "num_shared_experts", "num_shared_expert", "moe_num_shared_experts")
DENSE_SIZES = ("intermediate_size", "ffn_hidden_size", "n_inner", "ffn_dim", "d_ff", "d_inner")
MOST_EXPERTS = 2**16

UNGATED = frozenset(
    """bert roberta xlm-roberta camembert distilbert electra albert mpnet bloom codegen biogpt
    falcon gpt2 gpt_bigcode gpt_neo gpt_neox gpt_neox_japanese gptj mpt nemotron nemotron_h opt
    persimmon phi starcoder2 whisper xglm arcee apertus""".split()
)
"""Families whose block has two matrices; the others gate with a third."""


BIASED = frozenset(
    """bert roberta xlm-roberta camembert distilbert mpnet bloom biogpt codegen gpt2 gpt_bigcode
    gpt_neo gpt_neox gptj opt phi starcoder2 whisper""".split()
)
GATES_SHARED = frozenset("qwen2_moe qwen3_next qwen3_5_moe".split())
"""Families with a gate of one output before their shared expert."""
SHARED_ALWAYS = frozenset(["llama4"])

NOTHING = FeedForward()


def dense(hidden: int, size: int, *, matrices: int = 3, bias: bool = False) -> FeedForward:
    biases = (matrices - 1) * size + hidden if bias else 0
    parameters = matrices * hidden * size + biases
    return FeedForward(other_parameters=parameters, inner=size, matrices=matrices)


def experts(
    hidden: int,
    count: int,
    active: int,
    size: int,
    *,
    matrices: int = 3,
    shared: int = 0,
    latent: int = 0,
    bias: bool = False,
    extra: int = 0,
) -> FeedForward:
    """Routed experts of width `size` with their router, and shared ones of width `shared`.

    `latent`: the width that routed experts work at, between a projection down and one up.
    """
    width = latent or hidden
    expert_biases = (matrices - 1) * size + width if bias else 0
    other = hidden * count + (count if bias else 0) + matrices * hidden * shared
    other += 2 * hidden * latent + extra
    return FeedForward(
        experts=count,
        active_experts=min(active, count),
        expert_parameters=matrices * width * size + expert_biases,
        other_parameters=other,
        inner=size,
        matrices=matrices,
    )


def of_layer(text: Fields, index: int, hidden: int, *, sparse: bool) -> FeedForward:
    """The block of one layer, as the config's fields say."""
    family = family_of(text)
    matrices = 2 if family in UNGATED else 3
    bias = text.flag("mlp_bias") or family in BIASED
    if not sparse:
        return dense(hidden, _dense_size(text, index, hidden), matrices=matrices, bias=bias)
    count = expert_count(text)
    size = _at(text, EXPERT_SIZES, index) or text.need(*DENSE_SIZES)
    shared = text.whole(*SHARED_SIZES) or text.whole(*SHARED) * size
    if family in SHARED_ALWAYS:
        shared = size
    extra = hidden if family in GATES_SHARED and shared else 0
    return experts(
        hidden,
        count,
        text.whole(*ACTIVE, default=1, most=MOST_EXPERTS),
        size,
        matrices=matrices,
        shared=shared,
        latent=text.whole("moe_latent_size", "routed_expert_hidden_size"),
        bias=family == "gpt_oss",
        extra=extra,
    )


def expert_count(text: Fields) -> int:
    value = text.get(*EXPERTS)
    if isinstance(value, list):
        return max(text.wholes(next(n for n in EXPERTS if text.get(n) is not None)) or (0,))
    return text.whole(*EXPERTS, most=MOST_EXPERTS)


def _dense_size(text: Fields, index: int, hidden: int) -> int:
    if dense_size := text.whole("intermediate_size_mlp", "dense_intermediate_size"):
        return dense_size
    if (size := _at(text, DENSE_SIZES, index)) == 0:
        size = 4 * hidden
    if text.flag("block_auto_adjust_ff_dim"):
        size = 2 * size // 3
        if multiplier := text.number("block_ffn_dim_multiplier", default=0):
            size = int(multiplier * size)
        multiple = max(text.whole("block_multiple_of", default=256), 1)
        size = -(-size // multiple) * multiple
    return size


def _at(text: Fields, names: Sequence[str], index: int) -> int:
    """A field that is one number for all layers, or a list with one for each."""
    value = text.get(*names)
    if isinstance(value, list):
        name = next(n for n in names if text.get(n) is not None)
        sizes = text.wholes(name) or (0,)
        return sizes[min(index, len(sizes) - 1)]
    return text.whole(*names)
