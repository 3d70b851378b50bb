"""Configs of known models, put together from public facts: model cards and class defaults."""

from typing import Any

Config = dict[str, Any]


def config(
    family: str,
    hidden: int,
    layers: int,
    heads: int,
    kv: int,
    ff: int,
    vocabulary: int,
    **more: Any,
) -> Config:
    return {
        "model_type": family,
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": kv,
        "intermediate_size": ff,
        "vocab_size": vocabulary,
        "max_position_embeddings": 131072,
        **more,
    }


def every(period: int, layers: int, usual: str, other: str = "full_attention") -> list[str]:
    """`layer_types` with `other` as the last of each period."""
    return [other if (i + 1) % period == 0 else usual for i in range(layers)]


SLIDING = "sliding_attention"

MISTRAL_7B = config("mistral", 4096, 32, 32, 8, 14336, 32000, sliding_window=4096)
LLAMA_8B = config("llama", 4096, 32, 32, 8, 14336, 128256)
LLAMA_70B = config("llama", 8192, 80, 64, 8, 28672, 128256)
GEMMA3 = {"head_dim": 256, "sliding_window": 1024, "sliding_window_pattern": 6}
GEMMA3_4B = config("gemma3_text", 2560, 34, 8, 4, 10240, 262208, **GEMMA3)
GEMMA3_12B = config("gemma3_text", 3840, 48, 16, 8, 15360, 262208, **GEMMA3)
GEMMA3_27B = config("gemma3_text", 5376, 62, 32, 16, 21504, 262208, **GEMMA3 | {"head_dim": 128})

GEMMA3N = {
    "head_dim": 256,
    "hidden_size_per_layer_input": 256,
    "vocab_size_per_layer_input": 262144,
    "sliding_window": 512,
    "laurel_rank": 64,
    "altup_num_inputs": 4,
}
GEMMA3N_E4B = config(
    "gemma3n_text", 2048, 35, 8, 2, 16384, 262400, num_kv_shared_layers=15, **GEMMA3N
)
GEMMA3N_E2B = config(
    "gemma3n_text", 2048, 30, 8, 2, 8192, 262400, num_kv_shared_layers=10, **GEMMA3N
)

GEMMA4 = {
    "head_dim": 256,
    "global_head_dim": 512,
    "hidden_size_per_layer_input": 256,
    "vocab_size_per_layer_input": 262144,
    "sliding_window": 512,
}
GEMMA4_E2B = config(
    "gemma4_text", 1536, 35, 8, 1, 6144, 262144,
    num_kv_shared_layers=20, use_double_wide_mlp=True, layer_types=every(5, 35, SLIDING), **GEMMA4
)  # fmt: skip
GEMMA4_E4B = config(
    "gemma4_text", 2560, 42, 8, 2, 10240, 262144,
    num_kv_shared_layers=18, layer_types=every(6, 42, SLIDING), **GEMMA4
)  # fmt: skip
GEMMA4_26B_A4B = config(
    "gemma4_text", 2816, 30, 16, 8, 2112, 262144,
    head_dim=256, global_head_dim=512, num_global_key_value_heads=2, attention_k_eq_v=True,
    sliding_window=1024, layer_types=every(6, 30, SLIDING), enable_moe_block=True,
    num_experts=128, top_k_experts=8, moe_intermediate_size=704, hidden_size_per_layer_input=0,
)  # fmt: skip

LLAMA4 = {
    "head_dim": 128,
    "intermediate_size_mlp": 16384,
    "num_experts_per_tok": 1,
    "attention_chunk_size": 8192,
}
SCOUT = config(
    "llama4_text", 5120, 48, 40, 8, 8192, 202048,
    num_local_experts=16, interleave_moe_layer_step=1, **LLAMA4,
)  # fmt: skip
MAVERICK = config(
    "llama4_text", 5120, 48, 40, 8, 8192, 202048,
    num_local_experts=128, interleave_moe_layer_step=2, **LLAMA4,
)  # fmt: skip

MIXTRAL = config(
    "mixtral", 4096, 32, 32, 8, 14336, 32000, num_local_experts=8, num_experts_per_tok=2
)
QWEN3_30B_A3B = config(
    "qwen3_moe", 2048, 48, 32, 4, 6144, 151936,
    head_dim=128, num_experts=128, num_experts_per_tok=8, moe_intermediate_size=768,
)  # fmt: skip
QWEN3_235B_A22B = config(
    "qwen3_moe", 4096, 94, 64, 4, 12288, 151936,
    head_dim=128, num_experts=128, num_experts_per_tok=8, moe_intermediate_size=1536,
)  # fmt: skip
QWEN35_35B_A3B = config(
    "qwen3_5_moe_text", 2048, 40, 16, 2, 0, 248320,
    head_dim=256, attn_output_gate=True, layer_types=every(4, 40, "linear_attention"),
    linear_num_key_heads=16, linear_num_value_heads=32, linear_key_head_dim=128,
    linear_value_head_dim=128, linear_conv_kernel_dim=4, num_experts=256, num_experts_per_tok=8,
    moe_intermediate_size=512, shared_expert_intermediate_size=512,
)  # fmt: skip

DEEPSEEK_V3 = config(
    "deepseek_v3", 7168, 61, 128, 128, 18432, 129280,
    q_lora_rank=1536, kv_lora_rank=512, qk_nope_head_dim=128, qk_rope_head_dim=64, v_head_dim=128,
    n_routed_experts=256, n_shared_experts=1, num_experts_per_tok=8, moe_intermediate_size=2048,
    first_k_dense_replace=3,
)  # fmt: skip
GPT_OSS_20B = config(
    "gpt_oss", 2880, 24, 64, 8, 2880, 201088,
    head_dim=64, num_local_experts=32, num_experts_per_tok=4, sliding_window=128,
    attention_bias=True, layer_types=every(2, 24, SLIDING),
)  # fmt: skip
LFM2_350M = config(
    "lfm2", 1024, 16, 16, 8, 6656, 65536,
    block_auto_adjust_ff_dim=True, block_ffn_dim_multiplier=1.0, block_multiple_of=256,
    conv_L_cache=3, full_attn_idxs=[2, 5, 8, 10, 12, 14],
)  # fmt: skip
NEMOTRON_3_NANO = config(
    "nemotron_h", 2688, 52, 32, 2, 1856, 131072,
    head_dim=128, n_routed_experts=128, num_experts_per_tok=6, moe_intermediate_size=1856,
    moe_shared_expert_intermediate_size=3712, mamba_num_heads=64, mamba_head_dim=64, n_groups=8,
    ssm_state_size=128, conv_kernel=4,
    hybrid_override_pattern="MEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEMEM*EMEMEMEME",
)  # fmt: skip
MAMBA2_2_7B = {
    "model_type": "mamba2",
    "hidden_size": 2560,
    "num_hidden_layers": 64,
    "num_heads": 80,
    "head_dim": 64,
    "state_size": 128,
    "conv_kernel": 4,
    "expand": 2,
    "n_groups": 1,
    "vocab_size": 50288,
    "tie_word_embeddings": True,
}
