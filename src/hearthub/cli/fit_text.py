"""Answers of fit as lines for people. Strangers wrote most of it."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from hearthub.cli.common import shown

if TYPE_CHECKING:
    from hearthub.fit import Identity, Memory, Placed, Report, Speed

_MOST = 12
"""Lines of a list; `--json` has all of it."""


def report(found: "Report") -> str:
    blocks = [list(_identity(found)), list(_memory(found))]
    blocks += [list(_placed(found, index)) for index in range(len(found.placed))]
    blocks += [list(_options(found)), list(_evaluations(found)), list(_commands(found))]
    blocks.append([f"note: {warning}" for warning in found.warnings[:_MOST]])
    return "\n\n".join("\n".join(map(shown, lines)) for lines in blocks if lines)


def row(placed: "Placed") -> dict[str, str]:
    """Of the table of hardware."""
    hardware = placed.hardware
    return {
        "hardware": hardware.name,
        "memory": f"{hardware.memory_gib:g} GiB",
        "verdict": placed.verdict.verdict,
        "needs": _gib(placed.memory.total_bytes),
        "context": f"{placed.max_context:,}" if placed.max_context else "-",
        "speed": _speed(placed.speed) or "-",
    }


def columns(rows: Sequence[dict[str, str]]) -> str:
    """Models side by side: a line for each fact."""
    names = list(rows[0])
    width = max(map(len, names))
    lines = []
    for name in names:
        lines.append(f"{name.ljust(width)}  {rows[0][name]}")
        lines += [f"{'':{width}}  {row[name]}" for row in rows[1:]]
    return "\n".join(lines)


def _gib(size: int) -> str:
    from hearthub.fit import gib

    return gib(size)


def _identity(found: "Report") -> Iterator[str]:
    it = found.identity
    yield it.name
    facts = {
        "architecture": " / ".join(filter(None, (it.architecture, it.family))),
        "parameters": _sizes(it),
        "experts": _experts(it),
        "weights": _weights(found),
        "context": f"up to {it.context_max:,} tokens" if it.context_max else "",
        "modality": _modality(it),
        "components": ", ".join(it.modality.components),
        "abilities": _abilities(it),
        "licence": ", ".join(each.name for each in it.licences) or "not stated",
    }
    for name, text in facts.items():
        if text:
            yield f"  {name:13} {text}"
    for edge in it.edges[:_MOST]:
        how = "declared" if edge.is_declared else "inferred"
        yield f"  {edge.relation:13} {edge.name} ({how}, {edge.evidence})"


def several(name: str, gpus: int) -> str:
    return name if gpus == 1 else f"each of {gpus} x {name}"


def _sizes(it: "Identity") -> str:
    sizes = it.sizes
    if sizes.total is None:
        return "not known"
    parts = [f"{count(sizes.total)} ({sizes.source})"]
    if sizes.experts and sizes.active:
        parts.append(f"{count(sizes.active)} active")
    if sizes.effective and sizes.total and sizes.effective < 0.9 * sizes.total:
        parts.append(f"{count(sizes.effective)} without embeddings")
    return ", ".join(parts)


def count(number: int) -> str:
    return f"{number / 1e9:.2f} B" if number >= 10**9 else f"{number / 1e6:.2f} M"


def _experts(it: "Identity") -> str:
    sizes = it.sizes
    return f"{sizes.experts}, {sizes.active_experts or '?'} at a time" if sizes.experts else ""


def _weights(found: "Report") -> str:
    quantization = found.identity.quantization
    if found.checkpoint is None:
        return ""
    bits = quantization.bits_per_weight
    parts = [quantization.format, quantization.label, f"{bits:g} bits a weight" if bits else None]
    return ", ".join(filter(None, parts))


def _modality(it: "Identity") -> str:
    taken, given = " ".join(it.modality.inputs), " ".join(it.modality.outputs)
    arrow = f"{taken} -> {given}" if taken or given else ""
    return ", ".join(filter(None, (it.modality.main_use, arrow)))


def _abilities(it: "Identity") -> str:
    if it.abilities is None:
        return ""
    thinking = {
        "switch": f"thinking switched by {it.abilities.switch}",
        "always": "always thinks",
        "kept": "thoughts are handled",
    }
    parts = ["calls tools" if it.abilities.tools else "no tools"]
    return ", ".join([*parts, *filter(None, [thinking.get(it.abilities.thinking or "")])])


def _memory(found: "Report") -> Iterator[str]:
    first = found.placed[0] if found.placed else None
    where = f" on {several(first.hardware.name, found.gpus)}" if first else ""
    engine = f" of {first.engine}" if first and first.engine else ""
    context = f" with {found.memory.context:,} tokens of context" if found.memory.context else ""
    yield f"Memory{engine}{where}{context}"
    yield from _parts(found.memory)


def _parts(memory: "Memory") -> Iterator[str]:
    for name in ("weights", "cache", "compute", "overhead"):
        size = getattr(memory, f"{name}_bytes")
        yield f"  {name:9} {_gib(size):>11}  {memory.formulas.get(name, '')[:150]}"
    yield f"  {'total':9} {_gib(memory.total_bytes):>11}"


def _placed(found: "Report", index: int) -> Iterator[str]:
    placed, best = found.placed[index], found.best[index]
    name = several(placed.hardware.name, found.gpus)
    yield f"{name}: {placed.verdict.verdict} ({placed.verdict.reason})"
    if placed.max_context:
        yield f"  longest context that fits: {placed.max_context:,} tokens"
    if placed.speed:
        yield f"  about {_speed(placed.speed)}: {placed.speed.assumption}"
    for each in (placed.per_watt, placed.per_dollar):
        if each:
            yield f"  {_speed(each)}"
    if best and found.checkpoint and best.name != found.checkpoint.name:
        what = f"{best.label or best.name} of {best.repo}"
        yield f"  largest that fits: {what}, {_gib(best.weights_bytes)}"
    if would := found.would_fit[index]:
        yield f"  none of its weights fit; quantised to {would[0]} ({_gib(would[1])}) it would"


def _speed(speed: "Speed | None") -> str:
    return f"{_figure(speed.low)} to {_figure(speed.high)} {speed.unit}" if speed else ""


def _figure(value: float) -> str:
    """Three digits, but never a power of ten."""
    return f"{float(f'{value:.3g}'):,.0f}" if value >= 100 else f"{value:.3g}"


def _options(found: "Report") -> Iterator[str]:
    if len(found.options) < 2:
        return
    yield "Weights there are"
    for each in found.options[: 2 * _MOST]:
        repo = "" if each.repo == found.identity.name else f"  {each.repo}"
        yield f"  {each.label or each.format:12} {_gib(each.weights_bytes):>11}  {each.name}{repo}"
    if len(found.options) > 2 * _MOST:
        yield f"  and {len(found.options) - 2 * _MOST} more (--json)"


def _evaluations(found: "Report") -> Iterator[str]:
    if not found.identity.evaluations:
        return
    yield "Results as stated; they compare within one benchmark, setting and metric alone"
    for each in found.identity.evaluations[:_MOST]:
        setting = ", ".join(f"{key} {value}" for key, value in each.setting)
        told = "self-reported" if each.is_self_reported else "verified"
        where = f" ({setting})" if setting else ""
        yield f"  {each.name}{where}, {each.metric}: {each.value:g}, {told}"
    if len(found.identity.evaluations) > _MOST:
        yield f"  and {len(found.identity.evaluations) - _MOST} more (--json)"


def _commands(found: "Report") -> Iterator[str]:
    if not found.commands:
        yield "No engine known here loads it: " + "; ".join(dict.fromkeys(found.refusals.values()))
        return
    for name, command in found.commands.items():
        yield f"{name}:"
        yield from (f"  {line}".rstrip() for line in command.text.split("\n"))
        yield from (f"  # {warning}" for warning in command.warnings)
