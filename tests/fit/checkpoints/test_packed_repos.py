"""Quantised repos as their makers write them: parameters of the model unpacked, and the label.

Each is one layer's q_proj and down_proj packed, in two shards, beside an embedding in 16 bits.
"""

from pathlib import Path
from typing import Any

import pytest

from fit.repos import Shapes, only

HIDDEN, INNER, VOCABULARY = 512, 1024, 2048
LINEAR = {"self_attn.q_proj": (HIDDEN, HIDDEN), "mlp.down_proj": (HIDDEN, INNER)}
"""Rows (out) and columns (in)."""
EMBEDDING = VOCABULARY * HIDDEN
TOTAL = EMBEDDING + sum(rows * columns for rows, columns in LINEAR.values())


def gptq(rows: int, columns: int, bits: int = 4, group: int = 128) -> Shapes:
    return {
        "qweight": ("I32", (columns * bits // 32, rows)),
        "qzeros": ("I32", (columns // group, rows * bits // 32)),
        "scales": ("F16", (columns // group, rows)),
        "g_idx": ("I32", (columns,)),
    }


def awq(rows: int, columns: int) -> Shapes:
    return {
        "qweight": ("I32", (columns, rows // 8)),
        "qzeros": ("I32", (columns // 128, rows // 8)),
        "scales": ("F16", (columns // 128, rows)),
    }


def packed(rows: int, columns: int) -> Shapes:
    return {
        "weight_packed": ("I32", (rows, columns // 8)),
        "weight_scale": ("BF16", (rows, columns // 128)),
        "weight_shape": ("I64", (2,)),
    }


def nf4(rows: int, columns: int) -> Shapes:
    """With its scales quantised again."""
    return {
        "weight": ("U8", (rows * columns // 2, 1)),
        "weight.absmax": ("U8", (rows * columns // 64,)),
        "weight.quant_map": ("F32", (16,)),
        "weight.nested_absmax": ("F32", (rows * columns // 64 // 256,)),
        "weight.nested_quant_map": ("F32", (256,)),
        "weight.quant_state.bitsandbytes__nf4": ("U8", (92,)),
    }


def int8(rows: int, columns: int) -> Shapes:
    return {
        "weight": ("I8", (rows, columns)),
        "SCB": ("F32", (rows,)),
        "weight_format": ("U8", ()),
    }


def nvfp4(rows: int, columns: int) -> Shapes:
    return {
        "weight": ("U8", (rows, columns // 2)),
        "weight_scale": ("F8_E4M3", (rows, columns // 16)),
        "weight_scale_2": ("F32", ()),
        "input_scale": ("F32", ()),
    }


def fp8(rows: int, columns: int) -> Shapes:
    return {
        "weight": ("F8_E4M3", (rows, columns)),
        "weight_scale_inv": ("F32", (rows // 128, columns // 128)),
    }


def mlx(rows: int, columns: int, bits: int = 4, group: int = 64) -> Shapes:
    return {
        "weight": ("U32", (rows, columns * bits // 32)),
        "scales": ("BF16", (rows, columns // group)),
        "biases": ("BF16", (rows, columns // group)),
    }


def mxfp4_mlx(rows: int, columns: int) -> Shapes:
    return {
        "weight": ("U32", (rows, columns // 8)),
        "scales": ("U8", (rows, columns // 32)),
    }


def config(**quantization: Any) -> dict[str, Any]:
    return {"quantization_config": quantization}


GROUPS = {"group_0": {"targets": ["Linear"], "weights": {"num_bits": 4, "group_size": 128}}}
CASES: dict[str, tuple[Any, dict[str, Any], str]] = {
    "GPTQ": (gptq, config(quant_method="gptq", bits=4, group_size=128), "GPTQ-Int4"),
    "GPTQ in 8 bits": (
        lambda rows, columns: gptq(rows, columns, 8),
        config(quant_method="gptq", bits=8, group_size=128),
        "GPTQ-Int8",
    ),
    "AWQ": (awq, config(quant_method="awq", bits=4, group_size=128, zero_point=True), "AWQ"),
    "compressed-tensors": (
        packed,
        config(quant_method="compressed-tensors", format="pack-quantized", config_groups=GROUPS),
        "W4A16",
    ),
    "bitsandbytes nf4": (
        nf4,
        config(quant_method="bitsandbytes", load_in_4bit=True, bnb_4bit_quant_type="nf4"),
        "bnb-4bit",
    ),
    "bitsandbytes int8": (
        int8,
        config(quant_method="bitsandbytes", load_in_8bit=True, load_in_4bit=False),
        "bnb-8bit",
    ),
    "ModelOpt NVFP4": (nvfp4, config(quant_method="modelopt", quant_algo="NVFP4"), "NVFP4"),
    "FP8 in blocks": (
        fp8, config(quant_method="fp8", weight_block_size=[128, 128]), "FP8"
    ),
    "MLX in 4 bits": (mlx, {"quantization": {"group_size": 64, "bits": 4}}, "4bit"),
    "MLX in 6 bits": (
        lambda rows, columns: mlx(rows, columns, 6),
        {"quantization": {"group_size": 64, "bits": 6}},
        "6bit",
    ),
    "MLX MXFP4": (
        mxfp4_mlx, {"quantization": {"group_size": 32, "bits": 4, "mode": "mxfp4"}}, "MXFP4"
    ),
}  # fmt: skip


def repo(method: Any, told: dict[str, Any]) -> dict[str, Any]:
    """Every packed tensor is in one shard and what stands beside it in the other."""
    first: dict[str, Any] = {"model.embed_tokens.weight": ("BF16", (VOCABULARY, HIDDEN))}
    second: dict[str, Any] = {}
    for name, (rows, columns) in LINEAR.items():
        main, *beside = method(rows, columns).items()
        first[f"model.layers.0.{name}.{main[0]}"] = main[1]
        second |= {f"model.layers.0.{name}.{part}": shape for part, shape in beside}
    return {
        "model-00001-of-00002.safetensors": first,
        "model-00002-of-00002.safetensors": second,
        "config.json": told,
    }


@pytest.mark.parametrize("case", CASES)
def test_parameters_are_those_of_the_model_unpacked(tmp_path: Path, case: str) -> None:
    method, told, label = CASES[case]
    found = only(tmp_path, repo(method, told))
    assert (found.parameters, found.label) == (TOTAL, label)


@pytest.mark.parametrize("case", sorted(CASES.keys() - {"MLX in 6 bits"}))
def test_without_a_config_the_shapes_tell(tmp_path: Path, case: str) -> None:
    assert only(tmp_path, repo(CASES[case][0], {})).parameters == TOTAL


def test_the_experts_of_gpt_oss(tmp_path: Path) -> None:
    """Blocks of 32 in 16 bytes, and a scale for each; biases and the rest in bf16."""
    experts, rows, columns = 4, 128, 96
    name = "model.layers.0.mlp.experts.gate_up_proj"
    tensors = {
        f"{name}_blocks": ("U8", (experts, rows, columns // 32, 16)),
        f"{name}_scales": ("U8", (experts, rows, columns // 32)),
        f"{name}_bias": ("BF16", (experts, rows)),
        "model.layers.0.self_attn.sinks": ("BF16", (64,)),
    }
    told = config(quant_method="mxfp4", modules_to_not_convert=["model.embed_tokens"])
    found = only(tmp_path, {"model.safetensors": tensors, "config.json": told})
    assert found.parameters == experts * rows * columns + experts * rows + 64
    assert found.label == "MXFP4"


def test_modelopt_writes_its_method_into_a_file_of_its_own(tmp_path: Path) -> None:
    files = repo(nvfp4, {"hidden_size": HIDDEN})
    files["hf_quant_config.json"] = {
        "producer": {"name": "modelopt"},
        "quantization": {"quant_algo": "NVFP4", "kv_cache_quant_algo": "FP8", "group_size": 16},
    }
    found = only(tmp_path, files)
    assert (found.parameters, found.label) == (TOTAL, "NVFP4")


def test_a_config_of_towers_keeps_it_with_the_text(tmp_path: Path) -> None:
    told = {"text_config": config(quant_method="gptq", bits=4), "vision_config": {}}
    found = only(tmp_path, repo(gptq, told))
    assert (found.parameters, found.label) == (TOTAL, "GPTQ-Int4")


LABELS: list[tuple[dict[str, Any], str | None]] = [
    ({}, None),
    (config(quant_method="gptq"), "GPTQ"),
    (config(quant_method="gptq", bits="four"), "GPTQ"),
    (config(quant_method="bitsandbytes", load_in_8bit=True), "bnb-8bit"),
    (config(quant_method="compressed-tensors", format="nvfp4-pack-quantized"), "NVFP4"),
    (config(quant_method="compressed-tensors", format="float-quantized"), "FP8"),
    (
        config(
            quant_method="compressed-tensors",
            format="int-quantized",
            config_groups={"a": {"weights": {"num_bits": 8}, "input_activations": {"num_bits": 8}}},
        ),
        "W8A8",
    ),
    (config(quant_method="compressed-tensors"), None),
    (config(quant_method="modelopt", quant_algo="FP8"), "FP8"),
    (config(quant_method="modelopt", quant_algo=7), None),
    (config(quant_method="torchao"), "torchao"),
    (config(quant_method="auto-round"), "AutoRound"),
    (config(quant_method="<script>"), None),
    (config(quant_method={"a": 1}), None),
    ({"quantization": {"bits": 3, "group_size": 64}}, "3bit"),
    ({"quantization": {"bits": "<b>", "mode": ["mxfp4"]}}, None),
    ({"quantization": {"bits": 8, "mode": "mxfp8"}}, "MXFP8"),
]


@pytest.mark.parametrize(("told", "label"), LABELS, ids=lambda it: str(it)[:60])
def test_labels_are_words_of_ours(tmp_path: Path, told: dict[str, Any], label: str | None) -> None:
    files = {"model.safetensors": {"w": ("BF16", (8, 4))}, "config.json": told}
    assert only(tmp_path, files).label == label


@pytest.mark.parametrize("dtype", ["F8_E4M3", "F8_E5M2", "F8_E4M3FNUZ"])
def test_eight_bits_without_a_config_are_fp8(tmp_path: Path, dtype: str) -> None:
    tensors = {"a": (dtype, (64, 64)), "b": ("BF16", (64,))}
    assert only(tmp_path, {"model.safetensors": tensors}).label == "FP8"
