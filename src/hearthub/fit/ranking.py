"""All hardware for one model: what fits first, and the fastest of it."""

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
    """By verdict, then by speed, then by memory; hardware of unknown memory is left out."""
    known = tuple(each for each in hardware if each.memory_gib)
    found = report(model, replace(wanted, hardware=known), base).placed
    return sorted(found, key=_place)


def _place(placed: Placed) -> tuple[int, float, float]:
    speed = placed.speed.low if placed.speed else 0.0
    return _ORDER.index(placed.verdict.verdict), -speed, placed.hardware.memory_gib or 0.0
