"""GGUF metadata of known models, put together from public facts; no tensors, no vocabulary."""

from typing import Any

Keys = dict[str, Any]


def shape(name: str, hidden: int, layers: int, heads: Any, kv: Any, ff: Any, **more: Any) -> Keys:
    """Keys of one architecture; in `more` a double underscore stands for a dot."""
    keys: Keys = {
        "embedding_length": hidden,
        "block_count": layers,
        "attention.head_count": heads,
        "attention.head_count_kv": kv,
        "feed_forward_length": ff,
        "context_length": 131072,
        "vocab_size": 1024,
        "attention.layer_norm_rms_epsilon": 1e-5,
        "attention.layer_norm_epsilon": 1e-5,
    }
    keys |= {key.replace("__", "."): value for key, value in more.items()}
    return {"general.architecture": name} | {
        f"{name}.{key}": value for key, value in keys.items() if value is not None
    }


def moe(count: int, used: int, ff: int, **more: Any) -> Keys:
    return {
        "expert_count": count,
        "expert_used_count": used,
        "expert_feed_forward_length": ff,
        **more,
    }


def heads(key: int, value: int | None = None) -> Keys:
    return {"attention__key_length": key, "attention__value_length": value or key}


def pattern(period: int, layers: int) -> list[bool]:
    """True where a layer slides: all but the last of each period."""
    return [(index + 1) % period != 0 for index in range(layers)]


def mla(q_rank: int, rank: int, size: int, value: int, rope: int = 64) -> Keys:
    return {
        "attention__q_lora_rank": q_rank,
        "attention__kv_lora_rank": rank,
        "attention__key_length": rank + rope,
        "attention__value_length": rank,
        "attention__key_length_mla": size,
        "attention__value_length_mla": value,
        "rope__dimension_count": rope,
    }


def ssm(conv: int, inner: int, state: int, rank: int, groups: int | None = None) -> Keys:
    return {
        "ssm__conv_kernel": conv,
        "ssm__inner_size": inner,
        "ssm__state_size": state,
        "ssm__time_step_rank": rank,
        "ssm__group_count": groups,
    }


INDEXER = {
    "attention__indexer__head_count": 64,
    "attention__indexer__key_length": 128,
    "attention__indexer__top_k": 2048,
}
ROPE_SECTIONS = {"rope__dimension_sections": [11, 11, 10, 0], "rope__dimension_count": 64}
LFM2_KV = [8 if index in (2, 5, 8, 10, 12, 14) else 0 for index in range(16)]
NANO = "MEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEMEM*EMEMEMEME"
DEEPSEEK = mla(1536, 512, 192, 128) | moe(
    256, 8, 2048, expert_shared_count=1, expert_weights_scale=2.5, expert_gating_func=2,
    leading_dense_block_count=3,
)  # fmt: skip

SHAPES: dict[str, Keys] = {
    "Llama-3.1-8B": shape("llama", 4096, 32, 32, 8, 14336),
    "Mixtral-8x7B": shape("llama", 4096, 32, 32, 8, 14336, **moe(8, 2, 14336)),
    "Llama-4-Scout": shape(
        "llama4", 5120, 48, 40, 8, 16384, interleave_moe_layer_step=1, **heads(128), **moe(16, 1,
        8192)
    ),
    "Qwen2.5-7B": shape("qwen2", 3584, 28, 28, 4, 18944),
    "Qwen3-8B": shape("qwen3", 4096, 36, 32, 8, 12288, **heads(128)),
    "Qwen3-30B-A3B": shape("qwen3moe", 2048, 48, 32, 4, 6144, **heads(128), **moe(128, 8, 768)),
    "Qwen3-Next-80B-A3B": shape(
        "qwen3next", 2048, 48, 16, 2, 5120, **heads(256), **ssm(4, 4096, 128, 32, 16),
        **moe(512, 10, 512, expert_shared_feed_forward_length=512), rope__dimension_count=64,
    ),
    "Qwen3.5-35B-A3B": shape(
        "qwen35moe", 2048, 40, 16, 2, None, **heads(256), **ssm(4, 4096, 128, 32, 16),
        **moe(256, 8, 512, expert_shared_feed_forward_length=512), **ROPE_SECTIONS,
    ),
    "Qwen3.5-27B": shape(
        "qwen35", 5120, 64, 24, 4, 17408, **heads(256), **ssm(4, 6144, 128, 48, 16), **ROPE_SECTIONS
    ),
    "Gemma-2-9B": shape("gemma2", 3584, 42, 16, 8, 14336, **heads(256),
    attention__sliding_window=4096),
    "Gemma-3-27B": shape("gemma3", 5376, 62, 32, 16, 21504, **heads(128),
    attention__sliding_window=1024),
    "Gemma-3n-E4B": shape(
        "gemma3n", 2048, 35, 8, 2, 16384, **heads(256), attention__sliding_window=512,
        attention__shared_kv_layers=15, embedding_length_per_layer_input=256,
    ),
    "Gemma-4-E2B": shape(
        "gemma4", 1536, 35, 8, 1, [6144] * 15 + [12288] * 20, **heads(512),
        attention__key_length_swa=256, attention__value_length_swa=256,
        attention__sliding_window=512, attention__sliding_window_pattern=pattern(5, 35),
        attention__shared_kv_layers=20, embedding_length_per_layer_input=256,
        rope__dimension_count=512, rope__dimension_count_swa=256,
    ),
    "Gemma-4-26B-A4B": shape(
        "gemma4", 2816, 30, 16, [2 if (i + 1) % 6 == 0 else 8 for i in range(30)], 2112,
        **heads(512), attention__key_length_swa=256, attention__value_length_swa=256,
        attention__sliding_window=1024, attention__sliding_window_pattern=pattern(6, 30),
        embedding_length_per_layer_input=0, **moe(128, 8, 704),
        rope__dimension_count=512, rope__dimension_count_swa=256,
    ),
    "gpt-oss-20b": shape(
        "gpt-oss", 2880, 24, 64, 8, 2880, **heads(64), **moe(32, 4, 2880),
        attention__sliding_window=128
    ),
    "DeepSeek-V2-Lite": shape(
        "deepseek2", 2048, 27, 16, 1, 10944,
        **mla(0, 512, 192, 128) | moe(64, 6, 1408, expert_shared_count=2,
        leading_dense_block_count=1),
    ),
    "DeepSeek-V3": shape("deepseek2", 7168, 61, 128, 1, 18432, **DEEPSEEK),
    "DeepSeek-V3.2": shape("deepseek32", 7168, 61, 128, 1, 18432, **DEEPSEEK | INDEXER),
    "Mistral-7B-v0.1": shape("llama", 4096, 32, 32, 8, 14336, attention__sliding_window=4096),
    "Command-R7B": shape(
        "cohere2", 4096, 32, 32, 8, 14336, **heads(128), attention__sliding_window=4096,
        logit_scale=0.25, rope__dimension_count=128,
    ),
    "EXAONE-4.0-32B": shape(
        "exaone4", 5120, 64, 40, 8, 27392, **heads(128), attention__sliding_window=4096
    ),
    "OLMo-3-7B": shape("olmo2", 4096, 32, 32, 32, 11008, attention__sliding_window=4096),
    "Phi-3-mini": shape("phi3", 3072, 32, 32, 32, 8192, attention__sliding_window=2047),
    "MiMo-V2-Flash": shape(
        "mimo2", 4096, 48, 64, [4 if index % 6 == 5 else 8 for index in range(48)], 16384,
        **heads(192, 128), attention__sliding_window=128,
        attention__sliding_window_pattern=pattern(6, 48), **moe(256, 8, 2048),
        rope__dimension_count=64, expert_gating_func=2, leading_dense_block_count=1,
    ),
    "Mamba-2.8B": shape("mamba", 2560, 64, 0, 0, 0, **ssm(4, 5120, 16, 160)),
    "Mamba2-2.7B": shape("mamba2", 2560, 64, 0, 0, 0, **ssm(4, 5120, 128, 80, 1)),
    "Jamba-Mini": shape(
        "jamba", 4096, 32, 32, [8 if index % 8 == 4 else 0 for index in range(32)], 14336,
        **ssm(4, 8192, 16, 256), **moe(16, 2, 14336),
    ),
    "Falcon-H1-7B": shape(
        "falcon-h1", 3072, 44, 12, 2, 12288, **heads(128), **ssm(4, 3072, 256, 24, 1)
    ),
    "Granite-4-Tiny": shape(
        "granitehybrid", 1536, 40, 12, [4 if i in (5, 15, 25, 35) else 0 for i in range(40)], 512,
        **ssm(4, 3072, 128, 48, 1), **moe(64, 6, 512, expert_shared_feed_forward_length=1024),
        rope__dimension_count=128,
    ),
    "Nemotron-3-Nano-30B-A3B": shape(
        "nemotron_h_moe", 2688, 52, 32, [2 if letter == "*" else 0 for letter in NANO],
        [1856 if letter == "E" else 0 for letter in NANO], **heads(128),
        **ssm(4, 4096, 128, 64, 8),
        **moe(128, 6, 1856, expert_shared_feed_forward_length=3712, expert_shared_count=1),
    ),
    "LFM2-350M": shape("lfm2", 1024, 16, 16, LFM2_KV, 4608, shortconv__l_cache=3),
    "Kimi-Linear-48B-A3B": shape(
        "kimi-linear", 2304, 27, 32, [1 if i in (3, 7, 11, 15, 19, 23,
        26) else 0 for i in range(27)],
        9216, **mla(0, 512, 192, 128), kda__head_dim=128, ssm__conv_kernel=4,
        **moe(256, 8, 1024, expert_shared_count=1, expert_gating_func=2,
        leading_dense_block_count=1),
    ),
    "MiniMax-M3": shape(
        "minimax-m3", 6144, 60, 64, 4, 12288, **heads(128), **INDEXER | {
            "attention__indexer__head_count": 4, "attention__indexer__top_k": 16,
            "attention__indexer__block_size": 128, "attention__indexer__local_blocks": 1,
        },
        **moe(128, 4, 3072, expert_shared_count=1, expert_gating_func=2,
        leading_dense_block_count=3),
        rope__dimension_count=64,
    ),
    "GLM-5": shape(
        "glm-dsa", 6144, 78, 64, 1, 12288, **mla(2048, 512, 256, 256) | INDEXER,
        **moe(256, 8, 2048, expert_shared_count=1, expert_gating_func=2,
        leading_dense_block_count=3),
    ),
    "GPT-2": shape("gpt2", 768, 12, 12, 12, 3072),
    "Granite-3-8B": shape("granite", 4096, 40, 32, 8, 12800, logit_scale=16.0),
    "Step-3.5": shape(
        "step35", 4096, 45, 64, 8, 11264, **heads(128), attention__sliding_window=512,
        attention__sliding_window_pattern=[i % 4 != 0 for i in range(45)],
        **moe(288, 8, 1280, expert_shared_feed_forward_length=1280, leading_dense_block_count=3,
              expert_gating_func=2),
        rope__dimension_count=64,
    ),
}  # fmt: skip
