"""How somebody wants to run a model: hardware, context, engine, training."""

import math
import re
from dataclasses import dataclass, replace
from math import floor
from typing import Literal, cast

from hearthub.errors import BadRequest
from hearthub.fit.caches import ELEMENT, MOST_TOKENS, CacheType, Use
from hearthub.fit.caches import Engine as CacheEngine
from hearthub.fit.commands import ENGINES
from hearthub.fit.hardware import Hardware, custom_hardware, detect, find_hardware
from hearthub.fit.memory import GIB
from hearthub.fit.memory_training import Method
from hearthub.fit.verdicts import FITS_SHARE

DEFAULT_CONTEXT = 8192
MOST_GPUS = 1024
_MOST_NAMES = 64
_CACHES: dict[str, CacheEngine] = {
    "llama.cpp": "llama.cpp",
    "ollama": "llama.cpp",
    "vllm": "vllm",
    "sglang": "vllm",
    "tgi": "vllm",
    "transformers": "transformers",
    "peft": "transformers",
}
"""Whose way of keeping a cache an engine has; the others keep what the shape needs."""
_GIB_TEXT = re.compile(r"(\d{1,7}(?:\.\d{1,3})?) ?(?:GiB)?", re.ASCII | re.IGNORECASE)
_SPELT = {
    "llama.cpp": {"fp8": "q8_0"},
    "vllm": {"q8_0": "fp8", "q4_0": "fp8"},
    "transformers": dict.fromkeys(("q8_0", "q4_0", "fp8"), "f16"),
}
"""The nearest type that an engine has, as its command is written."""

CacheName = Literal["f16", "q8_0", "q4_0", "fp8"]


@dataclass(frozen=True)
class Wanted:
    """Raises BadRequest for what cannot be."""

    hardware: tuple[Hardware, ...] = ()
    gpus: int = 1
    """Equal ones of each hardware."""
    context: int | None = None
    """Tokens of one sequence; None: the smaller of the model's own and 8,192."""
    parallel: int = 1
    """Sequences at a time."""
    cache_type: CacheType = "f16"
    engine: str | None = None
    """Of `ENGINES`; None: the usual one for the format and hardware."""
    train: Method | None = None
    price: float | None = None
    """Of an hour of all the hardware, in whatever money."""
    file: str | None = None
    """Which weights: a path, its last part, or a label such as Q4_K_M."""
    endpoint: str | None = None
    """The hub that commands shall ask."""

    def __post_init__(self) -> None:
        for name, most in (("gpus", MOST_GPUS), ("parallel", 2**16)):
            if not 1 <= getattr(self, name) <= most:
                raise BadRequest(f"{name} must be from 1 to {most}")
        if self.context is not None and not 1 <= self.context <= MOST_TOKENS:
            raise BadRequest(f"context must be from 1 to {MOST_TOKENS} tokens")
        if self.engine is not None and self.engine not in ENGINES:
            raise BadRequest(f"No such engine: choose one of {', '.join(ENGINES)}")
        if self.cache_type not in ELEMENT:
            raise BadRequest(f"No such cache type: choose one of {', '.join(ELEMENT)}")
        if self.train is not None and self.train not in ("full", "lora", "qlora"):
            raise BadRequest("A training method is full, lora or qlora")
        if self.price is not None and not (math.isfinite(self.price) and 1e-9 < self.price < 1e9):
            raise BadRequest("price must be a number above 0")

    def context_for(self, context_max: int | None) -> int:
        """Never more than the model was made for."""
        wanted = self.context or DEFAULT_CONTEXT
        return min(wanted, context_max) if context_max else wanted

    def use(self, engine: str | None, context: int) -> Use:
        kind = _CACHES.get(engine or "", "neutral")
        spelt = _SPELT.get(kind, {}).get(self.cache_type, self.cache_type)
        return Use(context, self.parallel, cast(CacheType, spelt), kind)


def hardware_named(
    names: tuple[str, ...] = (), *, vram_gib: float | None = None, ram_gib: float | None = None
) -> tuple[Hardware, ...]:
    """Hardware by names (`auto`: this machine), with sizes that replace what is known of them.

    Sizes alone are hardware too. Raises BadRequest for unknown names, and for a CPU without a size.
    """
    if len(names) > _MOST_NAMES:
        raise BadRequest(f"At most {_MOST_NAMES} names of hardware at a time")
    if not names:
        sizes = vram_gib is not None or ram_gib is not None
        return (custom_hardware(vram_gib=vram_gib, ram_gib=ram_gib),) if sizes else ()
    if vram_gib is not None or ram_gib is not None:
        custom_hardware(vram_gib=vram_gib, ram_gib=ram_gib)  # raises for what is no size
    found = [detect().best if name == "auto" else find_hardware(name) for name in names]
    return tuple(_sized(each, vram_gib, ram_gib) for each in found)


def most_that_fits(text: str) -> int:
    """The most bytes that still fit one piece of hardware: its name, or its memory in GiB.

    Raises BadRequest, with near names, for what is neither; and for a CPU, whose memory only its
    owner knows.
    """
    number = _GIB_TEXT.fullmatch(text.strip())
    return room_of(custom_hardware(vram_gib=float(number[1])) if number else find_hardware(text))


def room_of(hardware: Hardware) -> int:
    """The most bytes that fit it. Raises BadRequest where its memory is not known."""
    if hardware.memory_gib is None:
        raise BadRequest(f"Say how much memory {hardware.name} has, in GiB: a number alone will do")
    return floor(FITS_SHARE * round(hardware.memory_gib * GIB))


def _sized(hardware: Hardware, vram_gib: float | None, ram_gib: float | None) -> Hardware:
    if ram_gib is not None:
        hardware = replace(hardware, ram_gib=ram_gib)
    memory = ram_gib if hardware.kind == "cpu" else vram_gib
    if memory is not None:
        hardware = replace(hardware, memory_gib=memory, free_gib=None)
    if hardware.memory_gib is None:
        raise BadRequest(f"Say how much memory {hardware.name} has: --ram, in GiB")
    return hardware
