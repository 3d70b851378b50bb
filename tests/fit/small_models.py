"""Small models with all that a large one has: a config, weights of that shape, GGUF files."""

import json
from pathlib import Path
from typing import Any

from fit.architecture.gguf_shapes import shape
from fit.gguf_files import gguf_bytes
from fit.weight_files import safetensors_header

HIDDEN, LAYERS, WORDS = 64, 2, 512
LLAMA = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": HIDDEN,
    "intermediate_size": 128,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": WORDS,
    "max_position_embeddings": 4096,
    "tie_word_embeddings": False,
}
_BLOCK = {
    "self_attn.q_proj": (HIDDEN, HIDDEN),
    "self_attn.k_proj": (32, HIDDEN),
    "self_attn.v_proj": (32, HIDDEN),
    "self_attn.o_proj": (HIDDEN, HIDDEN),
    "mlp.gate_proj": (128, HIDDEN),
    "mlp.up_proj": (128, HIDDEN),
    "mlp.down_proj": (HIDDEN, 128),
    "input_layernorm": (HIDDEN,),
    "post_attention_layernorm": (HIDDEN,),
}
SHAPES: dict[str, tuple[int, ...]] = {
    "model.embed_tokens.weight": (WORDS, HIDDEN),
    "lm_head.weight": (WORDS, HIDDEN),
    "model.norm.weight": (HIDDEN,),
    **{
        f"model.layers.{n}.{name}.weight": shape_
        for n in range(LAYERS)
        for name, shape_ in _BLOCK.items()
    },
}
PARAMETERS = 2 * WORDS * HIDDEN + HIDDEN + LAYERS * (12_288 + 24_576 + 128)
CACHE = 2 * 4096 * 2 * (16 + 16) * 2
"""Bytes of 4,096 tokens: layers, heads, key and value, two bytes each."""
STEP = 512 * (2 * 4096 + 4 * (3 * 128 + 4 * HIDDEN))
"""Bytes of the buffers of a step: its mask, and what is alive inside a layer."""
OVERHEAD = 2**29


def config(**more: Any) -> bytes:
    return json.dumps({**LLAMA, **more}).encode()


def safetensors(dtype: str = "BF16", names: Any = SHAPES) -> bytes:
    header, size = safetensors_header({name: (dtype, SHAPES[name]) for name in names})
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + bytes(size)


def gguf(kind: str = "Q8_0", **more: Any) -> bytes:
    """A llama of one block; rows of 256, so that any type may be asked for."""
    metadata = shape("llama", 256, 1, 4, 2, 256, context_length=4096)
    metadata |= {"general.file_type": 7, **more}
    tensors = [
        ("token_embd.weight", (1024, 256), kind),
        ("output.weight", (1024, 256), kind),
        ("output_norm.weight", (256,), "F32"),
        *((f"blk.0.{name}.weight", (rows, 256), kind) for name, rows in _ROWS.items()),
    ]
    head, size = gguf_bytes(metadata, tensors)
    return head + bytes(size - len(head))


_ROWS = {
    "attn_q": 256,
    "attn_k": 128,
    "attn_v": 128,
    "attn_output": 256,
    "ffn_gate": 256,
    "ffn_up": 256,
    "ffn_down": 256,
}
GGUF_PARAMETERS = 256 * (2 * 1024 + 1 + sum(_ROWS.values()))


def folder(path: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path
