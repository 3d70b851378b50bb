"""Asks llama.cpp how large each file type of a model would be: `llama-quantize --dry-run`.

On virtual GGUF files in F16: `python tests/fit/oracles/quantize.py PROGRAM > .../quantize.json`.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from fit.architecture import facts
from fit.architecture.gguf_shapes import shape
from fit.gguf_files import write_gguf

TYPES = """Q4_0 Q8_0 Q2_K Q2_K_S Q3_K_S Q3_K_M Q3_K_L Q4_K_S Q4_K_M Q5_K_S Q5_K_M Q6_K IQ3_XS IQ3_S
    IQ3_M IQ4_XS IQ4_NL IQ3_XXS TQ1_0 TQ2_0 MXFP4_MOE Q1_0 Q2_0""".split()
"""Those that need no importance matrix; without one is how they are asked for."""
MODELS: dict[str, tuple[str, facts.Config]] = {
    "Llama-3.1-8B": ("llama", facts.LLAMA_8B),
    "Llama-3.1-70B": ("llama", facts.LLAMA_70B),
    "Mixtral-8x7B": ("llama", facts.MIXTRAL),
    "Qwen3-30B-A3B": ("qwen3moe", facts.QWEN3_30B_A3B),
    "gpt-oss-20b": ("gpt-oss", facts.GPT_OSS_20B),
    "Gemma-3-27B": ("gemma3", facts.GEMMA3_27B),
}
TIED = {"Gemma-3-27B"}
Tensors = list[tuple[str, tuple[int, ...], str]]


def tensors(config: facts.Config, tied: bool) -> Tensors:
    hidden, ff, vocabulary = (
        config[key] for key in ("hidden_size", "intermediate_size", "vocab_size")
    )
    heads, kv = config["num_attention_heads"], config["num_key_value_heads"]
    size = config.get("head_dim", hidden // heads)
    experts = config.get("num_experts", config.get("num_local_experts", 0))
    found: Tensors = [("token_embd.weight", (vocabulary, hidden), "F16")]
    found += [] if tied else [("output.weight", (vocabulary, hidden), "F16")]
    for layer in range(config["num_hidden_layers"]):
        attention = {"q": heads * size, "k": kv * size, "v": kv * size}
        parts = {f"attn_{name}": (rows, hidden) for name, rows in attention.items()}
        parts["attn_output"] = (hidden, heads * size)
        if experts:
            inner = config.get("moe_intermediate_size", ff)
            parts |= {f"ffn_{name}_exps": (experts, inner, hidden) for name in ("gate", "up")}
            parts["ffn_down_exps"] = (experts, hidden, inner)
        else:
            parts |= {f"ffn_{name}": (ff, hidden) for name in ("gate", "up")}
            parts["ffn_down"] = (hidden, ff)
        found += [(f"blk.{layer}.{name}.weight", dims, "F16") for name, dims in parts.items()]
        found += [(f"blk.{layer}.attn_norm.weight", (hidden,), "F32")]
        if experts:
            found += [(f"blk.{layer}.ffn_gate_inp.weight", (experts, hidden), "F32")]
        if config["model_type"] == "gpt_oss":
            found += [
                (f"blk.{layer}.ffn_{name}_exps.bias", (experts, hidden), "F32")
                for name in ("gate", "up", "down")
            ]
    return found


def keys(name: str, architecture: str, config: facts.Config) -> dict[str, Any]:
    heads, kv = config["num_attention_heads"], config["num_key_value_heads"]
    more: dict[str, Any] = {}
    if experts := config.get("num_experts", config.get("num_local_experts", 0)):
        more = {"expert_count": experts, "expert_used_count": config["num_experts_per_tok"]}
        more["expert_feed_forward_length"] = config.get(
            "moe_intermediate_size", config["intermediate_size"]
        )
    if "head_dim" in config:
        size = config["head_dim"]
        more |= {"attention__key_length": size, "attention__value_length": size}
    if window := config.get("sliding_window"):
        more["attention__sliding_window"] = window
    layers, hidden = config["num_hidden_layers"], config["hidden_size"]
    found = shape(architecture, hidden, layers, heads, kv, config["intermediate_size"], **more)
    return found | {"general.name": name, "tokenizer.ggml.model": "none"}


def measure(program: Path, file: Path) -> dict[str, float]:
    found = {}
    for kind in TYPES:
        said = subprocess.run(
            [program, "--dry-run", file, kind], capture_output=True, text=True, check=False
        )
        if size := re.search(r"quant size += +([\d.]+) MiB", said.stdout + said.stderr):
            found[kind] = float(size[1])
        else:
            print(file.name, kind, (said.stdout + said.stderr)[-300:], file=sys.stderr)
    return found


def main(program: Path) -> None:
    result = {}
    for name, (architecture, config) in MODELS.items():
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"{name}.gguf"
            write_gguf(file, keys(name, architecture, config), tensors(config, name in TIED))
            result[name] = measure(program, file)
    made_by = "llama-quantize --dry-run of llama-cpp-python 0.3.36, without an importance matrix"
    rows = [f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in result.items()]
    head = f' "made_by": {json.dumps(made_by)},'
    print("\n".join(["{", head, ' "models": {', ",\n".join(rows), " }", "}"]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
