"""The quantisation of a checkpoint as people call it: Q4_K_M, FP8, GPTQ-Int4, 4bit."""

from collections.abc import Iterable, Mapping
from typing import Any

from hearthub.fit.readers.gguf_types import FILE_TYPES
from hearthub.fit.readers.packing import bits_of, quantization_of
from hearthub.fit.weight_names import label_of
from hearthub.fit.weights import Tensor, WeightFile

_METHODS = {
    "awq": "AWQ",
    "aqlm": "AQLM",
    "hqq": "HQQ",
    "bitnet": "BitNet",
    "fp8": "FP8",
    "fbgemm_fp8": "FP8",
    "finegrained_fp8": "FP8",
    "mxfp4": "MXFP4",
    "nvfp4": "NVFP4",
    "quark": "Quark",
    "torchao": "torchao",
    "quanto": "Quanto",
    "eetq": "EETQ",
    "vptq": "VPTQ",
    "auto-round": "AutoRound",
    "intel/auto-round": "AutoRound",
}
"""By `quant_method`; one that is not listed here is not repeated: it is a stranger's word."""
_ALGORITHMS = {"NVFP4": "NVFP4", "FP8": "FP8", "MXFP4": "MXFP4", "MXFP8": "MXFP8"}
_COMPRESSED = {"nvfp4-pack-quantized": "NVFP4", "mxfp4-pack-quantized": "MXFP4"} | {
    "float-quantized": "FP8",
    "naive-quantized": "FP8",
}
_FLOATS_OF_8_BITS = ("F8_",)


def gguf_label(path: str, file: WeightFile) -> str | None:
    """From the name, else from `general.file_type`, else the type most bytes are of."""
    if found := label_of(path):
        return found
    kind = file.metadata.get("general.file_type")
    known = FILE_TYPES.get(kind, "-") if type(kind) is int else "-"
    return known if known != "-" else _largest_type(file.tensors)


def safetensors_label(config: Mapping[str, Any], tensors: Iterable[Tensor]) -> str | None:
    """From config.json; None for weights as they were trained."""
    mlx = config.get("quantization")
    if isinstance(mlx, dict) and "bits" in mlx:
        return _mlx(mlx)
    quantization = quantization_of(config)
    method = str(quantization.get("quant_method", "")).lower()
    bits = bits_of(quantization)
    if method == "gptq":
        return f"GPTQ-Int{bits}" if bits else "GPTQ"
    if "bitsandbytes" in method or "load_in_4bit" in quantization:
        return f"bnb-{4 if quantization.get('load_in_4bit') is True else 8}bit"
    if method == "compressed-tensors":
        return _compressed(quantization, bits)
    if method.startswith("modelopt") or "quant_algo" in quantization:
        algorithm = str(quantization.get("quant_algo", "")).upper()
        return next((name for word, name in _ALGORITHMS.items() if word in algorithm), None)
    return _METHODS.get(method) or _by_dtype(tensors)


def onnx_label(name: str) -> str | None:
    """From its end, as transformers.js has it: model_q4f16.onnx, model_quantized.onnx."""
    last = name.lower().replace("-", "_").rpartition("_")[2]
    known = "fp32 fp16 bf16 int8 uint8 int4 uint4 q8 q4 q4f16 q2 q2f16 q1 q1f16 bnb4".split()
    return last.upper() if last in known else "INT8" if last == "quantized" else None


def _mlx(settings: Mapping[str, Any]) -> str | None:
    mode, bits = settings.get("mode", "affine"), settings.get("bits")
    if isinstance(mode, str) and mode.lower() in ("mxfp4", "mxfp8", "nvfp4"):
        return mode.upper()
    return f"{bits}bit" if type(bits) is int and 0 < bits <= 16 else None


def _compressed(quantization: Mapping[str, Any], bits: int) -> str | None:
    if known := _COMPRESSED.get(str(quantization.get("format", ""))):
        return known
    groups = quantization.get("config_groups")
    first = next(iter(groups.values()), None) if isinstance(groups, dict) else None
    inputs = first.get("input_activations") if isinstance(first, dict) else None
    width = inputs.get("num_bits") if isinstance(inputs, dict) else 16
    return f"W{bits}A{width if width in (4, 8) else 16}" if bits else None


def _by_dtype(tensors: Iterable[Tensor]) -> str | None:
    largest = _largest_type(tensors)
    return "FP8" if largest and largest.startswith(_FLOATS_OF_8_BITS) else None


def _largest_type(tensors: Iterable[Tensor]) -> str | None:
    sizes: dict[str, int] = {}
    for tensor in tensors:
        sizes[tensor.dtype] = sizes.get(tensor.dtype, 0) + tensor.size
    return max(sizes, key=lambda dtype: sizes[dtype]) if sizes else None
