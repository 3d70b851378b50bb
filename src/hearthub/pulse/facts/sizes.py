"""How many parameters a repo's model has, by the best of what its metadata tells.

The order of sources: our own table; the header's total, unless weights are packed or an adapter's;
the GGUF header; the base, of what was quantised or adapted from it; a config; the name.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from hearthub.fit import NameFacts, curated_of, parse_name

SizeSource = Literal["curated", "safetensors", "gguf", "base", "config", "name", "unknown"]
Confidence = Literal["high", "medium", "low", "none"]
SIZE_CLASSES = ("<1", "1-9", "9-40", "40-100", "100-250", "250+")
"""Billions of parameters; the lower bound belongs to a class, the upper one to the next."""
_BOUNDS = (1, 9, 40, 100, 250)
LARGEST = 10**14
"""More parameters than that are a mistake or an attack, and count as told by nobody."""
PACKED_SHARE = 0.05
"""Buffers and masks are integers too; above this share of a header's total they are weights."""
# Several weights in one element, or codes beside their scales: the header counts too few.
PACKED = frozenset("I8 U8 I16 U16 I32 U32 I4 U4 F4 F4_E2M1 F6_E2M3 F6_E3M2 F8_E8M0".split())
WHOLE = frozenset("F16 BF16 F32 F64 F8_E4M3 F8_E5M2 F8_E4M3FNUZ F8_E5M2FNUZ C64".split())
# Of names, where the header's dtypes are not at hand.
_PACKED_FAMILIES = frozenset(
    "mlx gptq awq bnb hqq aqlm exl2 exl3 autoround nvfp4 mxfp4 fp4".split()
)
PACKED_TAGS = frozenset(
    """4-bit 8-bit 2-bit 3-bit 5-bit 6-bit 4bit awq gptq bitsandbytes nvfp4 mxfp4 int4 w4a16 hqq
    aqlm exl2 exl3 compressed-tensors auto-round""".split()
)


class Size(NamedTuple):
    """Parameters, not billions; None where nothing tells."""

    total: int | None
    """Of the model that runs: of an adapter, the base's."""
    active: int | None
    """For each token; never guessed from a total."""
    effective: int | None
    """Without embedding tables, the 2 of `E2B`."""
    source: SizeSource
    """Of the total; of the effective number where no total is known."""
    conf: Confidence
    """high: counted; medium: another repo's count or a config's arithmetic; low: a name, which is
    within 10 % for about 83 of 100."""


UNKNOWN = Size(None, None, None, "unknown", "none")


def size_of(
    repo: str,
    *,
    name: NameFacts | None = None,
    safetensors: int | None = None,
    dtypes: Mapping[str, int] | None = None,
    gguf: int | None = None,
    config: int | None = None,
    base: int | None = None,
    relation: str | None = None,
    is_packed: bool | None = None,
) -> Size:
    """`safetensors`: the header's total, `dtypes` its elements by dtype, hostile keys and all.

    `base`: parameters of the model it came from by `relation`. `is_packed`: what tags say where
    `dtypes` is None; by default the name is asked. `name`: of `repo`, parsed already.
    """
    stated = parse_name(repo) if name is None else name
    is_adapter = relation == "adapter"
    active, effective = _parameters(stated.active), _parameters(stated.effective)
    if not is_adapter and (known := curated_of(repo)):
        return Size(known.total, known.active or active, effective, "curated", "high")
    counted = _counted(safetensors, dtypes, stated, is_packed)
    told: tuple[tuple[int | None, SizeSource, Confidence], ...] = (
        (base if is_adapter else None, "base", "medium"),
        (counted, "safetensors", "high"),
        (gguf, "gguf", "high"),
        (base if relation == "quantized" else None, "base", "medium"),
        (config, "config", "medium"),
        (_parameters(stated.size), "name", "low"),
    )
    for total, source, conf in told[:1] if is_adapter else told:
        if total is not None and 0 < total <= LARGEST:
            return Size(total, _less(active, total), effective, source, conf)
    if effective is None or is_adapter:
        return UNKNOWN
    return Size(None, None, effective, "name", "low")


def size_class(parameters: int | None) -> str | None:
    """One of `SIZE_CLASSES`, None for no number."""
    if parameters is None:
        return None
    return SIZE_CLASSES[sum(parameters >= bound * 10**9 for bound in _BOUNDS)]


def is_packed(dtypes: Mapping[str, int]) -> bool:
    """Whether a header's elements hold several weights each. Unknown dtypes are not counted."""
    packed = sum(_count(dtypes[key]) for key in PACKED & dtypes.keys())
    whole = sum(_count(dtypes[key]) for key in WHOLE & dtypes.keys())
    return packed > PACKED_SHARE * (packed + whole)


def _counted(
    total: int | None,
    dtypes: Mapping[str, int] | None,
    stated: NameFacts,
    packed: bool | None,
) -> int | None:
    """A header's total, None where it is not the model's size."""
    if total is None:
        return None
    if dtypes:
        return None if is_packed(dtypes) else total
    return None if packed or stated.family in _PACKED_FAMILIES else total


def _count(value: object) -> int:
    return value if isinstance(value, int) and 0 < value <= LARGEST else 0


def _parameters(billions: float | None) -> int | None:
    return None if billions is None else round(billions * 1e9)


def _less(active: int | None, total: int) -> int | None:
    """An active number that a name gives is no more than the total."""
    return active if active is not None and active < total else None
