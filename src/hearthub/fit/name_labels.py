"""The quantisation that a name tells: Q4_K_M, AWQ, 4bit and their kind."""

import re
from dataclasses import dataclass

# The file types of llama.cpp, the last of a name as on the Hub; `UD-` marks a mix of Unsloth's.
_GGUF = re.compile(
    r"(?<![A-Z0-9])(?:UD-)?(?:I?Q\d_[0-9A-Z]{1,4}(?:_[0-9A-Z]{1,4}){0,2}|TQ\d_\d"
    r"|MXFP4(?:_MOE)?|NVFP4|B?F16|F32)(?![A-Z0-9])"
)
_ONLY_GGUF = re.compile(r"(?:UD-|I?Q|TQ)")
_GGUF_HINT = re.compile(r"q\d_|fp4|f16|f32")
"""What a name in lower case has where `_GGUF` finds something; that pattern is slow."""
_PART = re.compile(r"[a-z0-9]+")
_OWN_MLX = re.compile(r"oq\d\w?")
_WIDTH = re.compile(r"w\d{1,2}a\d{1,2}|int\d{1,2}")
_BITS = re.compile(r"(?:int)?(\d{1,2})bits?|int(\d{1,2})|w(\d{1,2})a\d{1,2}|o?q(\d)e?")

_METHODS = {
    "gptq": "GPTQ",
    "awq": "AWQ",
    "bnb": "bnb",
    "hqq": "HQQ",
    "aqlm": "AQLM",
    "exl2": "EXL2",
    "exl3": "EXL3",
    "autoround": "AutoRound",
    "nvfp4": "NVFP4",
    "mxfp4": "MXFP4",
    "mxfp8": "MXFP8",
    "nf4": "NF4",
    "fp8": "FP8",
    "fp4": "FP4",
}
"""By the part of a name, the label; where a name has several, the first of this list counts."""
_OTHER_FORMATS = ("onnx", "openvino", "coreml", "executorch", "mlc")
_HINT = re.compile(
    r"gguf|mlx|bit|int\d|q\d|w\d{1,2}a\d|fp\d|f16|f32|"
    + "|".join(name for name in (*_METHODS, *_OTHER_FORMATS) if "fp" not in name)
)
"""One of these is in every name that tells anything, and in a third of all names."""


@dataclass(frozen=True, slots=True)
class Quantisation:
    label: str | None = None
    family: str | None = None
    bits: int | None = None


_UNTOLD = Quantisation()


def quantisation(name: str, *, is_mlx: bool = False) -> Quantisation:
    """What the last part of a path tells; `is_mlx` where its folder says so."""
    lower = name.lower()
    if not is_mlx and not _HINT.search(lower):
        return _UNTOLD
    parts = _PART.findall(lower)
    labels = _GGUF.findall(name.upper()) if _GGUF_HINT.search(lower) else []
    if "gguf" in parts or any(_ONLY_GGUF.match(label) for label in labels):
        return Quantisation(labels[-1] if labels else None, "gguf")
    bits = _bits(parts)
    if is_mlx or any(part == "mlx" or _OWN_MLX.fullmatch(part) for part in parts):
        return Quantisation(None, "mlx", bits)
    for part, label in _METHODS.items():
        if part in parts:
            return _by_method(part, label, parts, bits)
    return _by_width(parts, bits)


def _bits(parts: list[str]) -> int | None:
    """Bits of a weight, by the first part that tells them: 4bit, int4, w4a16, q4."""
    for match in map(_BITS.fullmatch, parts):
        if match and 1 <= (bits := int(next(filter(None, match.groups())))) <= 16:
            return bits
    return None


def _by_method(part: str, label: str, parts: list[str], bits: int | None) -> Quantisation:
    following = parts[parts.index(part) + 1 :][:1]
    if part in {"gptq", "awq"} and bits and following == [f"int{bits}"]:
        label = f"{label}-Int{bits}"
    elif part == "bnb" and bits and following == [f"{bits}bit"]:
        label = f"bnb-{bits}bit"
    return Quantisation(label, "bnb" if part == "nf4" else part, bits)


def _by_width(parts: list[str], bits: int | None) -> Quantisation:
    """Names that tell a width and no method: w8a8, int4, 4bit."""
    others = [part for part in parts if part in _OTHER_FORMATS]
    widths = [part for part in parts if _WIDTH.fullmatch(part)]
    label = widths[0].upper() if widths else None
    if others:
        return Quantisation(label, others[0], bits)
    return Quantisation(label, f"int{bits}" if label and bits else None, bits)
