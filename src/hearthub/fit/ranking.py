"""All hardware for one model: what fits first, and of that the smallest, as the cheapest is."""

from collections.abc import Iterable
from dataclasses import replace

from hearthub.fit.hardware import Hardware
from hearthub.fit.model import Model
from hearthub.fit.placing import Placed
from hearthub.fit.report import report
from hearthub.fit.wanted import Wanted

_ORDER = ("fits", "tight", "no")


def ranked(
    model: Model, wanted: Wanted, hardware: Iterable[Hardware], base: Model | None = None
) -> list[Placed]:
    """By verdict, then by memory, then by speed; hardware of unknown memory is left out.

    No prices are known here, but more memory costs more: the fastest that there is fits any small
    model, and is nobody's answer. What no engine runs on comes after what one does. Of what it does
    not fit the largest comes first, which is nearest.
    """
    known = tuple(each for each in hardware if each.memory_gib)
    found = report(model, replace(wanted, hardware=known), base).placed
    return sorted(found, key=_place)


def _place(placed: Placed) -> tuple[int, bool, float, float]:
    is_unloaded, memory, speed = cost(placed)
    verdict = placed.verdict.verdict
    return _ORDER.index(verdict), is_unloaded, -memory if verdict == "no" else memory, speed


def cost(placed: Placed) -> tuple[bool, float, float]:
    """Orders hardware: what an engine runs on first, then the smallest, then the fastest."""
    speed = placed.speed.low if placed.speed else 0.0
    return not placed.is_loaded, round(placed.hardware.memory_gib or 0), -speed
