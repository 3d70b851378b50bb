"""What a layer mixes tokens with, from a config's fields: each kind by its own names."""

from dataclasses import replace

from hearthub.fit.architecture import Attention
from hearthub.fit.configs import mixers, patterns
from hearthub.fit.configs.fields import Fields, family_of

HIDDEN = ("hidden_size", "n_embd", "d_model", "dim", "n_embed")
HEADS = ("num_attention_heads", "n_head", "n_heads", "num_heads")
KV_HEADS = ("num_key_value_heads", "n_head_kv", "num_kv_heads", "num_query_groups")

BIASED = frozenset(
    """qwen2 qwen2_moe gpt2 gpt_bigcode gpt_neox gpt_oss opt phi bloom starcoder2 qwen2_vl
    qwen2_5_vl mimo""".split()
)
GATED = frozenset(["qwen3_next", "qwen3_5", "qwen3_5_moe"])
QK_NORMED = frozenset(
    "qwen3 qwen3_moe qwen3_next qwen3_5 qwen3_5_moe qwen3_vl qwen3_vl_moe gemma3 gemma4".split()
)
MAMBAS = frozenset(["mamba", "falcon_mamba"])


def hidden_size(text: Fields) -> int:
    return text.need(*HIDDEN)


def attention(text: Fields, kind: str, index: int = 0) -> Attention:
    """What the layer `index`, of that kind, mixes tokens with."""
    hidden = hidden_size(text)
    match kind:
        case "mamba":
            return _mamba(text, hidden)
        case "linear":
            return _linear(text, hidden)
        case "conv":
            width = text.whole("conv_L_cache", default=3)
            return mixers.short_conv(hidden, width, bias=text.flag("conv_bias"))
        case "both":
            return _beside(grouped(text, hidden, sliding=False), _mamba(text, hidden))
        case _:
            return _softmax(text, hidden, kind, index)


def _softmax(text: Fields, hidden: int, kind: str, index: int) -> Attention:
    if text.get("compress_ratios") is not None and text.whole("o_lora_rank"):
        return _compressed(text, hidden, index)
    if text.whole("kv_lora_rank"):
        return _latent(text, hidden, index)
    plain = grouped(text, hidden, sliding=kind == "sliding")
    return _indexed(text, hidden, index, plain)


def _compressed(text: Fields, hidden: int, index: int) -> Attention:
    ratios = text.wholes("compress_ratios") or (0,)
    return mixers.compressed(
        hidden,
        text.need(*HEADS),
        text.need("head_dim"),
        q_rank=text.need("q_lora_rank"),
        out_groups=text.need("o_groups"),
        out_rank=text.need("o_lora_rank"),
        window=patterns.window(text),
        ratio=ratios[index % len(ratios)],
        index_heads=text.whole("index_n_heads"),
        index_size=text.whole("index_head_dim"),
    )


def _indexed(text: Fields, hidden: int, index: int, plain: Attention) -> Attention:
    """MiniMax-M3: layers of `sparse_attention_freq` keep an indexer's key beside each token's."""
    sparse = text.section("sparse_attention_config")
    chosen = sparse.wholes("sparse_attention_freq") if sparse else None
    if sparse is None or not chosen or not chosen[index % len(chosen)]:
        return plain
    size, heads = sparse.need("sparse_index_dim"), sparse.need("sparse_num_index_heads")
    parameters = plain.parameters + hidden * size * (heads + 1) + 2 * size
    return replace(plain, index_size=size, parameters=parameters)


def _beside(main: Attention, side: Attention) -> Attention:
    """Attention and a recurrent mixer in one layer."""
    parameters = main.parameters + side.parameters
    return replace(
        main, state_size=side.state_size, conv_size=side.conv_size, parameters=parameters
    )


def grouped(text: Fields, hidden: int, *, sliding: bool) -> Attention:
    family = family_of(text)
    prefix = "swa_" if sliding and text.get("swa_num_key_value_heads") is not None else ""
    heads = text.whole(prefix + "num_attention_heads") or text.need(*HEADS)
    kv_heads = text.whole(prefix + "num_key_value_heads", *KV_HEADS, default=heads)
    if text.flag("multi_query") and not text.flag("new_decoder_architecture"):
        kv_heads = 1
    size = text.whole(prefix + "head_dim", "head_dim", "attention_head_dim", "kv_channels")
    size = size or hidden // heads
    value = text.whole(prefix + "v_head_dim", "v_head_dim", default=size)
    gate = text.flag("attn_output_gate", "attention_output_gate", default=family in GATED)
    return mixers.grouped(
        hidden,
        heads,
        kv_heads or heads,
        size,
        value,
        window=patterns.window(text) if sliding else 0,
        bias=text.flag("attention_bias", "qkv_bias", "use_qkv_bias", default=family in BIASED),
        gate=gate,
        extra=2 * size if family in QK_NORMED else 0,
    )


def _latent(text: Fields, hidden: int, index: int) -> Attention:
    nope, rope = text.whole("qk_nope_head_dim"), text.whole("qk_rope_head_dim")
    value = text.whole("v_head_dim", default=nope)
    heads = text.need(*HEADS)
    types = text.sequence("indexer_types")
    indexed = not types or types[index % len(types)] == "full"
    return mixers.latent(
        hidden,
        heads,
        q_rank=text.whole("q_lora_rank"),
        kv_rank=text.need("kv_lora_rank"),
        nope=nope,
        rope=rope,
        value=value,
        index_heads=text.whole("index_n_heads") if indexed else 0,
        index_size=text.whole("index_head_dim") if indexed else 0,
        extra=hidden * heads * value if text.flag("mla_use_output_gate") else 0,
    )


def _mamba(text: Fields, hidden: int) -> Attention:
    state = text.whole("ssm_state_size", "state_size", "mamba_d_state", default=16)
    conv = text.whole("conv_kernel", "mamba_d_conv", default=4)
    heads = text.whole("mamba_num_heads", "mamba_n_heads", "n_mamba_heads")
    family = family_of(text)
    expand = text.number("expand", "mamba_expand", default=2.0)
    inner = text.whole("mamba_d_ssm", "intermediate_size" if family in MAMBAS else "d_inner")
    size = text.whole("mamba_head_dim", "mamba_d_head", "mamba_headdim")
    size = size or (text.whole("head_dim", default=64) if family == "mamba2" else 0)
    if family == "mamba2" and not heads:
        heads = text.whole("num_heads")
    if heads and size and not inner:
        inner = heads * size
    inner = inner or int(expand * hidden)
    if not size:
        rank = text.whole("time_step_rank", "mamba_dt_rank") if _is_number(text) else 0
        return mixers.mamba(hidden, inner, state, conv, rank or -(-hidden // 16))
    groups = text.whole("n_groups", "mamba_n_groups", "mamba_ngroups", default=1)
    return mixers.mamba2(hidden, inner, state, conv, groups, heads or inner // size)


def _is_number(text: Fields) -> bool:
    return isinstance(text.get("time_step_rank", "mamba_dt_rank"), int)


def _linear(text: Fields, hidden: int) -> Attention:
    if kda := text.section("linear_attn_config"):
        return mixers.kimi_delta(
            hidden,
            kda.need("num_heads"),
            kda.need("head_dim"),
            kda.whole("short_conv_kernel_size", default=4),
            full_gate=kda.flag("use_full_rank_gate"),
        )
    if key_heads := text.whole("linear_num_key_heads"):
        return mixers.delta(
            hidden,
            key_heads,
            text.need("linear_num_value_heads"),
            text.whole("linear_key_head_dim", default=128),
            text.whole("linear_value_head_dim", default=128),
            text.whole("linear_conv_kernel_dim", default=4),
        )
    heads = text.need(*HEADS)
    return mixers.lightning(hidden, heads, text.whole("head_dim") or hidden // heads)
