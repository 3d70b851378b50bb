"""What a raw sum over shapes gets wrong in public lists, with the same proportions in small."""

from math import prod
from pathlib import Path
from typing import Any

from fit.repos import only
from hearthub.fit.weights import Checkpoint


def raw(found: Checkpoint) -> int:
    """Elements as the files have them, packed and with their scales."""
    return sum(prod(tensor.shape) for tensor in found.tensors)


def test_35b_in_4_bits_of_mlx_is_no_6b(tmp_path: Path) -> None:
    """Qwen3.6-35B-A3B-4bit: experts in one tensor of U32, eight weights in each."""
    layers, experts, hidden, inner = 4, 8, 512, 128
    tensors: dict[str, Any] = {}

    def add(name: str, *shape: int) -> None:
        *outer, columns = shape
        tensors[f"{name}.weight"] = ("U32", (*outer, columns // 8))
        tensors[f"{name}.scales"] = ("BF16", (*outer, columns // 64))
        tensors[f"{name}.biases"] = ("BF16", (*outer, columns // 64))

    for layer in range(layers):
        mlp = f"language_model.model.layers.{layer}.mlp.switch_mlp"
        add(f"{mlp}.gate_proj", experts, inner, hidden)
        add(f"{mlp}.up_proj", experts, inner, hidden)
        add(f"{mlp}.down_proj", experts, hidden, inner)
    total = layers * experts * 3 * hidden * inner
    told = {"quantization": {"group_size": 64, "bits": 4}}
    found = only(tmp_path, {"model.safetensors": tensors, "config.json": told})
    assert found.parameters == total
    assert round(35 * raw(found) / total) == 5  # and 6 with the parts that are not packed


def test_26b_in_nvfp4_is_no_14b(tmp_path: Path) -> None:
    """Gemma-4-26B-A4B-NVFP4: two weights in a byte, and a scale in a byte for each 16."""
    tensors: dict[str, Any] = {}
    for expert in range(16):
        name = f"model.language_model.layers.0.experts.{expert}.gate_proj"
        tensors[f"{name}.weight"] = ("U8", (704, 256))
        tensors[f"{name}.weight_scale"] = ("F8_E4M3", (704, 32))
        tensors[f"{name}.weight_scale_2"] = ("F32", ())
        tensors[f"{name}.input_scale"] = ("F32", ())
    told = {"quantization_config": {"quant_method": "modelopt", "quant_algo": "NVFP4"}}
    found = only(tmp_path, {"model.safetensors": tensors, "config.json": told})
    assert found.parameters == 16 * 704 * 512
    assert 14 <= 26 * raw(found) / found.parameters < 15


def test_flux_in_nf4_has_11_9b_and_no_5_95b(tmp_path: Path) -> None:
    """diffusers' benchmark lists the bytes of the packed weights as parameters."""
    hidden = 3072
    name = "transformer_blocks.0.attn.to_q.weight"
    tensors = {
        name: ("U8", (hidden * hidden // 2, 1)),
        f"{name}.absmax": ("F32", (hidden * hidden // 64,)),
        f"{name}.quant_map": ("F32", (16,)),
        f"{name}.quant_state.bitsandbytes__nf4": ("U8", (82,)),
    }
    files = {
        "model_index.json": {"transformer": ["diffusers", "FluxTransformer2DModel"]},
        "transformer/config.json": {
            "quantization_config": {"quant_method": "bitsandbytes", "load_in_4bit": True}
        },
        "transformer/diffusion_pytorch_model.safetensors": tensors,
    }
    found = only(tmp_path, files)
    assert found.parameters == hidden * hidden
    packed = next(tensor for tensor in found.tensors if tensor.name == name)
    assert 11.9 * prod(packed.shape) / found.parameters == 5.95
