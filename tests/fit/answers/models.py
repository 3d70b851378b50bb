"""Models as folders: configs, cards, and files of weights whose data is a hole."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fit.gguf_files import write_gguf
from fit.weight_files import write_safetensors
from hearthub.fit.model import Model, read_model
from hearthub.fit.report import Report, report
from hearthub.fit.sources import local
from hearthub.fit.wanted import Wanted

Tensors = dict[str, tuple[str, tuple[int, ...]]]

SMALL: dict[str, Any] = {
    "model_type": "llama",
    "architectures": ["LlamaForCausalLM"],
    "hidden_size": 1024,
    "num_hidden_layers": 8,
    "num_attention_heads": 8,
    "num_key_value_heads": 2,
    "intermediate_size": 4096,
    "vocab_size": 32000,
    "max_position_embeddings": 32768,
    "tie_word_embeddings": False,
}
SMALL_PARAMETERS = 187_188_224
"""Worked out by hand: two tables of 32000 x 1024, eight layers of 15,204,352 + 2,048 norms, and
the last norm."""


def llama_tensors(config: Mapping[str, Any] = SMALL, dtype: str = "BF16") -> Tensors:
    """All that transformers saves of a Llama of this config."""
    hidden, ff = config["hidden_size"], config["intermediate_size"]
    keys = config["num_key_value_heads"] * hidden // config["num_attention_heads"]
    table = (config["vocab_size"], hidden)
    shapes: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": table}
    for index in range(config["num_hidden_layers"]):
        layer = f"model.layers.{index}."
        for name in ("q", "o"):
            shapes[f"{layer}self_attn.{name}_proj.weight"] = (hidden, hidden)
        for name in ("k", "v"):
            shapes[f"{layer}self_attn.{name}_proj.weight"] = (keys, hidden)
        for name in ("gate", "up"):
            shapes[f"{layer}mlp.{name}_proj.weight"] = (ff, hidden)
        shapes[f"{layer}mlp.down_proj.weight"] = (hidden, ff)
        for name in ("input", "post_attention"):
            shapes[f"{layer}{name}_layernorm.weight"] = (hidden,)
    shapes["model.norm.weight"] = (hidden,)
    if not config.get("tie_word_embeddings"):
        shapes["lm_head.weight"] = table
    return {name: (dtype, shape) for name, shape in shapes.items()}


def write_llama(folder: Path, config: Mapping[str, Any] = SMALL, **texts: Any) -> Path:
    """A folder with a config and its weights; `texts` as in `write_texts`."""
    write_safetensors(folder / "model.safetensors", llama_tensors(config))
    return write_texts(folder, {"config.json": config, **texts})


def write_texts(folder: Path, texts: Mapping[str, Any]) -> Path:
    """Files by path; what is no text is written as JSON."""
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        content = text if isinstance(text, str) else json.dumps(text)
        (folder / path).write_text(content, errors="surrogatepass")
    return folder


def card(body: str = "", **metadata: Any) -> str:
    return f"---\n{json.dumps(metadata)}\n---\n{body}"


GGUF_KEYS: dict[str, Any] = {
    "general.architecture": "llama",
    "llama.embedding_length": 1024,
    "llama.block_count": 8,
    "llama.attention.head_count": 8,
    "llama.attention.head_count_kv": 2,
    "llama.feed_forward_length": 4096,
    "llama.context_length": 32768,
    "llama.vocab_size": 32000,
}


def write_llama_gguf(path: Path, kind: str = "Q4_K", **keys: Any) -> Path:
    """The same model as SMALL; `keys` with double underscores for dots."""
    path.parent.mkdir(parents=True, exist_ok=True)
    metadata = GGUF_KEYS | {key.replace("__", "."): value for key, value in keys.items()}
    tensors: list[tuple[str, tuple[int, ...], str]] = [("token_embd.weight", (32000, 1024), kind)]
    for index in range(8):
        tensors += [(f"blk.{index}.attn_{name}.weight", (1024, 1024), kind) for name in "qo"]
        tensors += [(f"blk.{index}.attn_{name}.weight", (256, 1024), kind) for name in "kv"]
        tensors += [(f"blk.{index}.ffn_{name}.weight", (4096, 1024), kind) for name in ("up", "g")]
        tensors += [(f"blk.{index}.ffn_down.weight", (1024, 4096), kind)]
    tensors += [("output.weight", (32000, 1024), kind)]
    return write_gguf(path, metadata, tensors)


MIXTURE: dict[str, Any] = {
    "general.architecture": "qwen3moe",
    "qwen3moe.embedding_length": 2048,
    "qwen3moe.block_count": 16,
    "qwen3moe.attention.head_count": 16,
    "qwen3moe.attention.head_count_kv": 4,
    "qwen3moe.attention.key_length": 128,
    "qwen3moe.attention.value_length": 128,
    "qwen3moe.feed_forward_length": 6144,
    "qwen3moe.expert_feed_forward_length": 768,
    "qwen3moe.expert_count": 128,
    "qwen3moe.expert_used_count": 8,
    "qwen3moe.context_length": 32768,
    "qwen3moe.vocab_size": 151936,
}


def write_mixture(path: Path) -> Path:
    """About 10 B parameters in Q4_K, nearly all of them in 128 experts of 16 layers."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors: list[tuple[str, tuple[int, ...], str]] = []
    tensors += [(name, (151936, 2048), "Q4_K") for name in ("token_embd.weight", "output.weight")]
    for index in range(16):
        tensors += [(f"blk.{index}.attn_{n}.weight", (2048, 2048), "Q4_K") for n in "qo"]
        tensors += [(f"blk.{index}.attn_{n}.weight", (512, 2048), "Q4_K") for n in "kv"]
        shape = (128, 768, 2048)
        tensors += [(f"blk.{index}.ffn_{n}_exps.weight", shape, "Q4_K") for n in ("up", "gate")]
        tensors += [(f"blk.{index}.ffn_down_exps.weight", (128, 2048, 768), "Q4_K")]
    return write_gguf(path, MIXTURE, tensors)


def model_of(path: Path, name: str | None = None) -> Model:
    """As `fit show PATH` reads it, or as a repo called `name`."""
    source = local(path)
    return read_model(source, name or str(path), folder=None if name else str(source.root))


def shown(path: Path, name: str | None = None, **wanted: Any) -> Report:
    return report(model_of(path, name), Wanted(**wanted))
