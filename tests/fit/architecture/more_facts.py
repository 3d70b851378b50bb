"""Configs of more families, put together from public facts: model cards and class defaults.

They are there to be counted by transformers (`tests/fit/oracles/meta.py`), so they are complete.
"""

from fit.architecture.facts import SLIDING, Config, config, every

BERT_BASE = config("bert", 768, 12, 12, 12, 3072, 30522, max_position_embeddings=512)
BERT_BASE |= {"type_vocab_size": 2, "architectures": ["BertModel"]}
XLM_R_LARGE = config("xlm-roberta", 1024, 24, 16, 16, 4096, 250002, max_position_embeddings=514)
XLM_R_LARGE |= {"type_vocab_size": 1, "architectures": ["XLMRobertaModel"]}
MODERNBERT_BASE = config("modernbert", 768, 22, 12, 12, 1152, 50368, max_position_embeddings=8192)
MODERNBERT_BASE |= {"global_attn_every_n_layers": 3, "local_attention": 128}
MODERNBERT_BASE |= {"architectures": ["ModernBertForMaskedLM"], "tie_word_embeddings": True}
T5_LARGE: Config = {
    "model_type": "t5", "d_model": 1024, "d_kv": 64, "d_ff": 2816, "num_layers": 24,
    "num_heads": 16, "vocab_size": 32128, "feed_forward_proj": "gated-gelu", "n_positions": 512,
    "tie_word_embeddings": False, "architectures": ["T5ForConditionalGeneration"],
}  # fmt: skip
WHISPER_LARGE_V3: Config = {
    "model_type": "whisper", "d_model": 1280, "encoder_layers": 32, "decoder_layers": 32,
    "encoder_attention_heads": 20, "decoder_attention_heads": 20, "encoder_ffn_dim": 5120,
    "decoder_ffn_dim": 5120, "vocab_size": 51866, "num_mel_bins": 128,
    "max_source_positions": 1500, "max_target_positions": 448,
    "architectures": ["WhisperForConditionalGeneration"],
}  # fmt: skip
BART_LARGE: Config = {
    "model_type": "bart", "d_model": 1024, "encoder_layers": 12, "decoder_layers": 12,
    "encoder_attention_heads": 16, "decoder_attention_heads": 16, "encoder_ffn_dim": 4096,
    "decoder_ffn_dim": 4096, "vocab_size": 50265, "max_position_embeddings": 1024,
    "architectures": ["BartForConditionalGeneration"],
}  # fmt: skip
GPT2: Config = {
    "model_type": "gpt2", "n_embd": 768, "n_layer": 12, "n_head": 12, "vocab_size": 50257,
    "n_positions": 1024, "architectures": ["GPT2LMHeadModel"],
}  # fmt: skip
OPT_6_7B = config("opt", 4096, 32, 32, 32, 0, 50272, ffn_dim=16384, max_position_embeddings=2048)
OPT_6_7B |= {"word_embed_proj_dim": 4096}
PYTHIA_6_9B = config("gpt_neox", 4096, 32, 32, 32, 16384, 50432, tie_word_embeddings=False)
PHI_2 = config("phi", 2560, 32, 32, 32, 10240, 51200, tie_word_embeddings=False)
PHI_4 = config("phi3", 5120, 40, 40, 10, 17920, 100352, pad_token_id=0)
QWEN25_7B = config("qwen2", 3584, 28, 28, 4, 18944, 152064)
QWEN15_MOE = config(
    "qwen2_moe", 2048, 24, 16, 16, 5632, 151936, num_experts=60, num_experts_per_tok=4,
    moe_intermediate_size=1408, shared_expert_intermediate_size=5632, decoder_sparse_step=1,
)  # fmt: skip
QWEN3_NEXT = config(
    "qwen3_next", 2048, 48, 16, 2, 5120, 151936, head_dim=256,
    layer_types=every(4, 48, "linear_attention"), linear_num_key_heads=16,
    linear_num_value_heads=32, linear_key_head_dim=128, linear_value_head_dim=128,
    linear_conv_kernel_dim=4, num_experts=512, num_experts_per_tok=10, moe_intermediate_size=512,
    shared_expert_intermediate_size=512, decoder_sparse_step=1, mlp_only_layers=[],
)  # fmt: skip
GEMMA2_9B = config("gemma2", 3584, 42, 16, 8, 14336, 256000, head_dim=256, sliding_window=4096)
COMMAND_R7B = config("cohere2", 4096, 32, 32, 8, 14336, 256000, head_dim=128, sliding_window=4096)
OLMO2_7B = config("olmo2", 4096, 32, 32, 32, 11008, 100352)
OLMOE = config("olmoe", 2048, 16, 16, 16, 1024, 50304, num_experts=64, num_experts_per_tok=8)
STARCODER2_7B = config("starcoder2", 4608, 32, 36, 4, 18432, 49152, use_bias=True)
GRANITE_8B = config("granite", 4096, 40, 32, 8, 12800, 49155, tie_word_embeddings=True)
SMOLLM3 = config("smollm3", 2048, 36, 16, 4, 11008, 128256, tie_word_embeddings=True)
GLM_45_AIR = config(
    "glm4_moe", 4096, 46, 96, 8, 10944, 151552, head_dim=128, attention_bias=True,
    n_routed_experts=128, n_shared_experts=1, num_experts_per_tok=8, moe_intermediate_size=1408,
    first_k_dense_replace=1, tie_word_embeddings=False,
)  # fmt: skip
DEEPSEEK_V2_LITE = config(
    "deepseek_v2", 2048, 27, 16, 16, 10944, 102400, q_lora_rank=None, kv_lora_rank=512,
    qk_nope_head_dim=128, qk_rope_head_dim=64, v_head_dim=128, n_routed_experts=64,
    n_shared_experts=2, num_experts_per_tok=6, moe_intermediate_size=1408,
    first_k_dense_replace=1,
)  # fmt: skip
ERNIE_21B_A3B = config(
    "ernie4_5_moe", 2560, 28, 20, 4, 12288, 103424, moe_num_experts=64, moe_k=6,
    moe_num_shared_experts=2, moe_intermediate_size=1536, moe_layer_start_index=1,
    moe_layer_interval=1, tie_word_embeddings=True,
)  # fmt: skip
JAMBA_MINI = config(
    "jamba", 4096, 32, 32, 8, 14336, 65536, attn_layer_period=8, attn_layer_offset=4,
    expert_layer_period=2, expert_layer_offset=1, num_experts=16, num_experts_per_tok=2,
    mamba_d_state=16, mamba_d_conv=4, mamba_expand=2, mamba_dt_rank=256,
)  # fmt: skip
FALCON_H1_7B = config(
    "falcon_h1", 3072, 44, 12, 2, 12288, 130049, head_dim=128, mamba_d_ssm=3072, mamba_d_state=256,
    mamba_d_conv=4, mamba_n_heads=24, mamba_d_head=128, mamba_n_groups=1, mamba_expand=2,
    tie_word_embeddings=False,
)  # fmt: skip
GRANITE_4_TINY = config(
    "granitemoehybrid", 1536, 40, 12, 4, 512, 100352,
    layer_types=["attention" if i in (5, 15, 25, 35) else "mamba" for i in range(40)],
    num_local_experts=64, num_experts_per_tok=6, shared_intermediate_size=1024, mamba_n_heads=48,
    mamba_d_head=64, mamba_d_state=128, mamba_n_groups=1, mamba_d_conv=4, mamba_expand=2,
    tie_word_embeddings=True,
)  # fmt: skip
KIMI_LINEAR = config(
    "kimi_linear", 2304, 27, 32, 32, 9216, 163840, head_dim=72, kv_lora_rank=512, q_lora_rank=None,
    qk_nope_head_dim=128, qk_rope_head_dim=64, v_head_dim=128, num_experts=256,
    num_experts_per_token=8, num_shared_experts=1, moe_intermediate_size=1024,
    first_k_dense_replace=1, moe_layer_freq=1, linear_attn_config={
        "kda_layers": [i for i in range(1, 27) if i % 4],
        "full_attn_layers": [4, 8, 12, 16, 20, 24, 27],
        "num_heads": 32, "head_dim": 128, "short_conv_kernel_size": 4,
    },
)  # fmt: skip
MAMBA_2_8B: Config = {
    "model_type": "mamba", "hidden_size": 2560, "num_hidden_layers": 64, "state_size": 16,
    "conv_kernel": 4, "expand": 2, "intermediate_size": 5120, "time_step_rank": 160,
    "vocab_size": 50280, "tie_word_embeddings": True,
}  # fmt: skip
LFM2_8B_A1B = config(
    "lfm2_moe", 2048, 24, 32, 8, 7168, 65536, conv_L_cache=3, num_experts=32,
    num_experts_per_tok=4, moe_intermediate_size=1792, num_dense_layers=2,
    layer_types=["full_attention" if i in (2, 6, 10, 14, 18, 21) else "conv" for i in range(24)],
    tie_word_embeddings=True,
)  # fmt: skip
EXAONE4_32B = config(
    "exaone4", 5120, 64, 40, 8, 27392, 102400, sliding_window=4096, head_dim=128,
    layer_types=every(4, 64, SLIDING),
)  # fmt: skip
VIT_BASE: Config = {
    "model_type": "vit", "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
    "intermediate_size": 3072, "image_size": 224, "patch_size": 16, "architectures": ["ViTModel"],
}  # fmt: skip
SIGLIP_SO400M: Config = {
    "model_type": "siglip", "architectures": ["SiglipModel"],
    "text_config": {
        "model_type": "siglip_text_model", "hidden_size": 1152, "num_hidden_layers": 27,
        "num_attention_heads": 16, "intermediate_size": 4304, "vocab_size": 32000,
        "max_position_embeddings": 64,
    },
    "vision_config": {
        "model_type": "siglip_vision_model", "hidden_size": 1152, "num_hidden_layers": 27,
        "num_attention_heads": 16, "intermediate_size": 4304, "image_size": 384, "patch_size": 14,
    },
}  # fmt: skip
GEMMA3_4B_MM: Config = {
    "model_type": "gemma3", "architectures": ["Gemma3ForConditionalGeneration"],
    "text_config": config(
        "gemma3_text", 2560, 34, 8, 4, 10240, 262208, head_dim=256, sliding_window=1024
    ),
    "vision_config": {
        "model_type": "siglip_vision_model", "hidden_size": 1152, "num_hidden_layers": 27,
        "num_attention_heads": 16, "intermediate_size": 4304, "image_size": 896, "patch_size": 14,
        "vision_use_head": False,
    },
}  # fmt: skip
QWEN25_VL_7B: Config = {
    "model_type": "qwen2_5_vl", "architectures": ["Qwen2_5_VLForConditionalGeneration"],
    "text_config": config("qwen2_5_vl_text", 3584, 28, 28, 4, 18944, 152064),
    "vision_config": {
        "model_type": "qwen2_5_vl", "depth": 32, "hidden_size": 1280, "intermediate_size": 3420,
        "num_heads": 16, "out_hidden_size": 3584, "patch_size": 14, "spatial_merge_size": 2,
        "temporal_patch_size": 2,
    },
}  # fmt: skip
SMOLVLM2: Config = {
    "model_type": "smolvlm", "architectures": ["SmolVLMForConditionalGeneration"],
    "scale_factor": 3, "text_config": config("llama", 2048, 24, 32, 32, 8192, 49280),
    "vision_config": {
        "model_type": "smolvlm_vision", "hidden_size": 1152, "num_hidden_layers": 27,
        "num_attention_heads": 16, "intermediate_size": 4304, "image_size": 384, "patch_size": 14,
    },
}  # fmt: skip
