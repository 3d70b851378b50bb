"""A figure: what was measured, against what it has to be."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """`value` is in `unit` (often "x": a ratio). The goal is `at most` unless `at_least`."""

    what: str
    value: float
    goal: float
    unit: str = "x"
    at_least: bool = False
    note: str = ""

    @property
    def is_met(self) -> bool:
        return self.value >= self.goal if self.at_least else self.value <= self.goal

    def __str__(self) -> str:
        sign = ">=" if self.at_least else "<="
        verdict = "met" if self.is_met else "MISSED"
        return (
            f"{self.what:<58} {number(self.value):>9} {self.unit:<5} "
            f"{sign} {number(self.goal):<6} {verdict:<6} {self.note}"
        )


@dataclass(frozen=True)
class Skipped:
    """Something this machine cannot measure, and why."""

    what: str
    reason: str

    def __str__(self) -> str:
        return f"{self.what:<58} skipped: {self.reason}"


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
