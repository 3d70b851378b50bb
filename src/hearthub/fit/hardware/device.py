"""What a model runs on, as the catalogue, a person or this machine itself describes it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from hearthub.errors import BadRequest

Kind = Literal["gpu", "unified", "cpu", "phone", "accelerator"]
MOST_GIB = 1_000_000.0


@dataclass(frozen=True, slots=True)
class Source:
    """Where figures were read, and when (an ISO date)."""

    url: str
    read: str


@dataclass(frozen=True, slots=True)
class Hardware:
    """One card, chip or machine. Memory in GiB (2^30), bandwidth in GB/s (10^9), power in watts."""

    key: str
    name: str
    vendor: str
    kind: Kind
    memory_gib: float | None
    """What a model may have of it; None for a CPU, whose memory its owner knows."""
    bandwidth_gbs: float | None = None
    tflops: Mapping[str, float] = field(default_factory=dict)
    """Dense, by fp32, fp16, bf16, fp8, int8 or fp4; what a source does not state is left out."""
    architecture: str | None = None
    """`sm_89` for NVIDIA, else its maker's name for it."""
    tdp_watts: float | None = None
    aliases: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    """Empty for what was not read somewhere: custom hardware, this machine."""
    free_gib: float | None = None
    """Of this machine: what nothing else uses now."""
    ram_gib: float | None = None
    """Beside the memory of a card, for what is kept off it."""

    @property
    def compute_capability(self) -> tuple[int, int] | None:
        """(8, 9) for `sm_89`; None for what is not NVIDIA's."""
        digits = (self.architecture or "").removeprefix("sm_")
        if digits == self.architecture or not digits.isdecimal():
            return None
        return int(digits[:-1]), int(digits[-1])

    @property
    def best_tflops(self) -> float | None:
        """At 16 bits, which is what prompts are read in; of older chips at 32."""
        rates = [self.tflops[dtype] for dtype in ("bf16", "fp16", "fp32") if dtype in self.tflops]
        return rates[0] if rates else None


def custom_hardware(
    *,
    vram_gib: float | None = None,
    ram_gib: float | None = None,
    bandwidth_gbs: float | None = None,
) -> Hardware:
    """A machine by its sizes alone: a card of `vram_gib`, or without one a CPU with `ram_gib`.

    Raises BadRequest where neither is given, or one is not a size.
    """
    for name, value in (("vram", vram_gib), ("ram", ram_gib), ("bandwidth", bandwidth_gbs)):
        if value is not None and not (math.isfinite(value) and 0 < value <= MOST_GIB):
            raise BadRequest(f"{name} must be a number above 0 and at most {MOST_GIB:,.0f}")
    memory = vram_gib or ram_gib
    if memory is None:
        raise BadRequest("Say how much memory there is: vram or ram, in GiB")
    parts = [f"{vram_gib:g} GiB of VRAM"] if vram_gib else []
    parts += [f"{ram_gib:g} GiB of RAM"] if ram_gib else []
    return Hardware(
        key="custom",
        name=", ".join(parts),
        vendor="any",
        kind="gpu" if vram_gib else "cpu",
        memory_gib=memory,
        bandwidth_gbs=bandwidth_gbs,
        ram_gib=ram_gib,
    )
