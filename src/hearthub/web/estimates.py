"""Verdicts where no header was read here: of the least memory that a list knows of a model."""

from dataclasses import dataclass

from hearthub.fit import Hardware, Summary, Verdict, judge

GIB = 2**30


@dataclass(frozen=True)
class Estimate:
    """`label` is a quantisation of GGUF, or empty for the weights that need least."""

    label: str
    need_bytes: int
    verdict: Verdict | None


def estimates_of(summary: Summary | None, hardware: Hardware | None) -> list[Estimate]:
    """The smallest first."""
    if summary is None or not summary.need_bytes:
        return []
    needs = dict(summary.need_by_label) or {summary.label or "": summary.need_bytes}
    found = sorted(needs.items(), key=lambda it: it[1])
    return [Estimate(label, need, judged(need, hardware)) for label, need in found]


def judged(need_bytes: int, hardware: Hardware | None) -> Verdict | None:
    if hardware is None or hardware.memory_gib is None:
        return None
    return judge(need_bytes, round(hardware.memory_gib * GIB))
