"""Parameters of packed weights: each method's layout with the shapes that its loader expects."""

from typing import Any

import pytest

from fit.weight_files import BITS
from hearthub.fit.readers.packing import unpacked
from hearthub.fit.weights import Tensor

IN, OUT, GROUP = 512, 256, 128


def tensors(**shapes: tuple[Any, ...]) -> list[Tensor]:
    """`q_proj.NAME` for each name (two underscores for a dot), of (dtype, rows, columns)."""
    found = []
    for name, (dtype, *shape) in shapes.items():
        count = 1
        for dimension in shape:
            count *= dimension
        path = "model.q_proj." + name.replace("__", ".")
        found.append(Tensor(path, dtype, tuple(shape), count * BITS[dtype] // 8, count))
    return found


def total(found: list[Tensor], config: dict[str, Any]) -> int:
    counts = unpacked(found, config)
    return sum(counts.get(tensor.name, tensor.parameters) for tensor in found)


def gptq(bits: int) -> list[Tensor]:
    return tensors(
        qweight=("I32", IN * bits // 32, OUT),
        qzeros=("I32", IN // GROUP, OUT * bits // 32),
        scales=("F16", IN // GROUP, OUT),
        g_idx=("I32", IN),
    )


def awq() -> list[Tensor]:
    return tensors(
        qweight=("I32", IN, OUT * 4 // 32),
        qzeros=("I32", IN // GROUP, OUT * 4 // 32),
        scales=("F16", IN // GROUP, OUT),
    )


def mlx(bits: int, group: int, scale: str = "BF16") -> list[Tensor]:
    found = tensors(weight=("U32", OUT, IN * bits // 32), scales=(scale, OUT, IN // group))
    return found + (tensors(biases=(scale, OUT, IN // group)) if scale == "BF16" else [])


def compressed(bits: int) -> list[Tensor]:
    return tensors(
        weight_packed=("I32", OUT, IN * bits // 32),
        weight_scale=("BF16", OUT, IN // GROUP),
        weight_shape=("I64", 2),
    )


def groups(bits: int) -> dict[str, Any]:
    weights = {"group_0": {"weights": {"num_bits": bits}}}
    return {"quantization_config": {"quant_method": "compressed-tensors", "config_groups": weights}}


NF4 = tensors(
    weight=("U8", IN * OUT // 2, 1),
    weight__absmax=("U8", IN * OUT // 64),
    weight__quant_map=("F32", 16),
    weight__nested_absmax=("F32", 32),
    weight__nested_quant_map=("F32", 256),
    weight__quant_state__bitsandbytes__nf4=("U8", 90),
)
NVFP4 = tensors(
    weight=("U8", OUT, IN // 2),
    weight_scale=("F8_E4M3", OUT, IN // 16),
    weight_scale_2=("F32",),
    input_scale=("F32",),
)
NVFP4_PACKED = tensors(
    weight_packed=("U8", OUT, IN // 2),
    weight_scale=("F8_E4M3", OUT, IN // 16),
    weight_global_scale=("F32", 1),
    input_global_scale=("F32", 1),
)
MXFP4_QUARK = tensors(weight=("U8", OUT, IN // 2), weight_scale=("U8", OUT, IN // 32))
GPT_OSS = tensors(down_blocks=("U8", 1, OUT, IN // 32, 16), down_scales=("U8", 1, OUT, IN // 32))
FP8 = tensors(weight=("F8_E4M3", OUT, IN), weight_scale_inv=("F32", 2, 4))
FP8_FUSED = tensors(gate_up=("F8_E4M3", 1, OUT, IN), gate_up_scale=("F32", 1, OUT))
INT8 = tensors(weight=("I8", OUT, IN), weight_scale=("BF16", OUT, 1))
BNB8 = tensors(weight=("I8", OUT, IN), SCB=("F32", OUT), weight_format=("U8",))
BITNET = tensors(weight=("U8", OUT // 4, IN), weight_scale=("BF16", 1))

CASES: dict[str, tuple[list[Tensor], dict[str, Any]]] = {
    **{f"GPTQ {bits} bits, no config": (gptq(bits), {}) for bits in (2, 3, 4, 8)},
    "GPTQ with a config that lies": (gptq(4), {"quantization_config": {"bits": 8}}),
    "GPTQ without zeros": (
        tensors(qweight=("I32", IN * 8 // 32, OUT), scales=("F16", 4, OUT)),
        {"quantization_config": {"quant_method": "gptq", "bits": 8}},
    ),
    "AWQ": (awq(), {}),
    "compressed-tensors 4": (compressed(4), groups(4)),
    "compressed-tensors 8": (compressed(8), groups(8)),
    "bitsandbytes nf4": (NF4, {}),
    "bitsandbytes int8": (BNB8, {}),
    "ModelOpt NVFP4": (NVFP4, {}),
    "compressed-tensors NVFP4": (NVFP4_PACKED, groups(4)),
    "Quark MXFP4": (MXFP4_QUARK, {}),
    "gpt-oss": (GPT_OSS, {"quantization_config": {"quant_method": "mxfp4"}}),
    "FP8 in blocks": (FP8, {"quantization_config": {"quant_method": "fp8"}}),
    "FP8 of fused experts": (FP8_FUSED, {}),
    "int8": (INT8, {}),
    "BitNet": (BITNET, {"quantization_config": {"quant_method": "bitnet"}}),
    **{
        f"MLX {bits} bits in {group}": (
            mlx(bits, group),
            {"quantization": {"bits": bits, "group_size": group}},
        )
        for bits in (2, 3, 4, 6, 8)
        for group in (32, 64, 128)
    },
    "MLX mxfp4": (mlx(4, 32, "U8"), {"quantization": {"group_size": 32, "bits": 4}}),
    "MLX nvfp4": (mlx(4, 16, "U8"), {"quantization": {"group_size": 16, "bits": 4}}),
    "MLX mxfp8": (mlx(8, 32, "U8"), {"quantization": {"group_size": 32, "bits": 8}}),
    "MLX with a layer of its own": (
        mlx(8, 32),
        {"quantization": {"bits": 4, "group_size": 64, "model.q_proj": {"group_size": 32}}},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_matrix_has_its_parameters(case: str) -> None:
    found, config = CASES[case]
    assert total(found, config) == IN * OUT


def test_what_is_not_packed_counts_as_it_is() -> None:
    found = tensors(
        weight=("BF16", OUT, IN), bias=("BF16", OUT), scale=("F32", OUT), logit_scale=("F32",)
    )
    assert unpacked(found, {"quantization_config": {"quant_method": "gptq", "bits": 4}}) == {}


def test_bytes_that_are_weights_stay_what_they_are() -> None:
    """A U8 weight with a scale for each row is no 4-bit one."""
    found = tensors(weight=("U8", OUT, IN), weight_scale=("F32", OUT, 1))
    assert total(found, {}) == IN * OUT


@pytest.mark.parametrize(
    "config",
    [
        {"quantization_config": {"bits": "x", "config_groups": {"a": {"weights": []}}}},
        {"quantization_config": {"bits": 0}},
        {"quantization_config": {"config_groups": {"a": None}}},
        {"quantization_config": [], "quantization": 4, "text_config": "x"},
        {"quantization": {"group_size": -1, "bits": 10**9, "model.q_proj": "x"}},
    ],
)
def test_configs_of_strangers(config: dict[str, Any]) -> None:
    for found in (awq(), mlx(4, 64), compressed(4), NF4, tensors(weight=("U8",))):
        assert total(found, config) >= 0
