"""How a model's weights are quantised: the words that its tags carry."""

from collections.abc import Mapping, Sequence
from typing import Any

from hearthub.catalogue.values import mapping, text

# Methods of transformers' `quantization_config.quant_method`; a word of a stranger makes no tag.
METHODS = frozenset(
    """
    aqlm auto-round awq bitnet bitsandbytes compressed-tensors eetq fbgemm_fp8 finegrained_fp8 fp8
    fp_quant gptq higgs hqq modelopt mxfp4 nvfp4 quanto quark spqr torchao vptq
    """.split()
)
_SPELT = {"intel/auto-round": "auto-round", "bitsandbytes_4bit": "bitsandbytes"} | {
    "bitsandbytes_8bit": "bitsandbytes",
    "compressed_tensors": "compressed-tensors",
}


def words(config: Mapping[str, Any], safetensors: Mapping[str, Any] | None) -> list[str]:
    """Such as `4-bit awq`: the bits, then the method; empty for weights as they were trained."""
    bits, known = _bits(config, safetensors), method(config)
    return [*([f"{bits}-bit"] if bits else []), *([known] if known else [])]


def label(config: Mapping[str, Any], safetensors: Mapping[str, Any] | None) -> str | None:
    """One word for a facet: the method, else the bits."""
    found = words(config, safetensors)
    return found[-1] if found else None


def method(config: Mapping[str, Any]) -> str | None:
    settings = _settings(config)
    named = (text(settings.get("quant_method")) or "").lower()
    named = _SPELT.get(named, named)
    if not named and (settings.get("load_in_4bit") or settings.get("load_in_8bit")):
        named = "bitsandbytes"
    return named if named in METHODS else None


def has_importance_matrix(paths: Sequence[str]) -> bool:
    """GGUF files made with an importance matrix: publishers leave the matrix beside them."""
    return any("imatrix" in path[-255:].lower() for path in paths)


def _settings(config: Mapping[str, Any]) -> Mapping[str, Any]:
    return mapping(config.get("quantization_config")) or mapping(config.get("compression_config"))


def _bits(config: Mapping[str, Any], safetensors: Mapping[str, Any] | None) -> int | None:
    """From the config (MLX has `quantization`), else 8 when most weights are plain bytes."""
    settings = _settings(config)
    for bits in (settings.get("bits"), mapping(config.get("quantization")).get("bits")):
        if type(bits) is int and 1 <= bits <= 8:
            return bits
    if settings.get("load_in_4bit") is True:
        return 4
    if settings.get("load_in_8bit") is True:
        return 8
    by_dtype = mapping((safetensors or {}).get("parameters"))
    total = sum(by_dtype.values())
    return 8 if (by_dtype.get("U8", 0) + by_dtype.get("I8", 0)) * 2 > total else None
