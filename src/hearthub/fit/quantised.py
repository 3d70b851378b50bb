"""Every quantisation in a repo on some hardware, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hearthub.fit.choices import loading, usual
from hearthub.fit.commands import Subject
from hearthub.fit.hardware import Hardware
from hearthub.fit.identity import Identity, identify
from hearthub.fit.memory import Memory
from hearthub.fit.model import Model
from hearthub.fit.placing import Placed, memory_of, on, place
from hearthub.fit.subjects import setting_of, subject_of
from hearthub.fit.verdicts import Verdict, judge
from hearthub.fit.wanted import Wanted
from hearthub.fit.weights import Checkpoint
from hearthub.fit.workload import Workload

MOST = 40
"""Of one repo; some have a hundred."""


@dataclass(frozen=True)
class Quantised:
    """One of the weights that a repo has, and how they do on each wanted hardware."""

    name: str
    """The path without its shard number."""
    file: str
    label: str | None
    format: str
    weights_bytes: int
    bits_per_weight: float | None
    memory: Memory
    """What it needs whatever the engine."""
    placed: tuple[Placed, ...]


@dataclass(frozen=True)
class Cell:
    """One of the weights on one hardware: how much of its memory it would take."""

    verdict: Verdict
    is_loaded: bool
    """Whether an engine is known that loads it there."""


def quantised(model: Model, wanted: Wanted) -> list[Quantised]:
    """The smallest first; none of a pipeline, whose parts are no alternatives, nor an adapter."""
    return [_row(each, wanted) for each in _weights_of(model, wanted)]


def matrix(
    model: Model, wanted: Wanted, hardware: Sequence[Hardware]
) -> tuple[list[str], list[tuple[Hardware, tuple[Cell, ...]]]]:
    """Names of weights, and for each hardware a cell for each of them.

    What RAM beside a card could hold does not count here, and no context is looked for: that is
    for `quantised`, of few hardware at a time.
    """
    weights = _weights_of(model, wanted)
    needs: dict[object, tuple[tuple[int, bool], ...]] = {}
    rows = []
    for each in hardware:
        key = (each.kind, each.vendor, each.compute_capability)
        if key not in needs:
            needs[key] = tuple(_need(one, each, wanted) for one in weights)
        cells = [Cell(judge(size, memory_of(each)), loaded) for size, loaded in needs[key]]
        rows.append((each, tuple(cells)))
    return [one.checkpoint.name for one in weights], rows


@dataclass(frozen=True)
class _Weights:
    checkpoint: Checkpoint
    workload: Workload
    subject: Subject
    identity: Identity
    context_max: int | None


def _weights_of(model: Model, wanted: Wanted) -> list[_Weights]:
    if model.contents.is_pipeline or model.adapter:
        return []
    found = sorted(model.contents.checkpoints[:MOST], key=lambda it: it.weights_bytes)
    return [_read(model, each, wanted) for each in found if each.files]


def _read(model: Model, checkpoint: Checkpoint, wanted: Wanted) -> _Weights:
    shape = model.architecture(checkpoint)
    identity = identify(model, checkpoint, shape)
    return _Weights(
        checkpoint,
        Workload.of([checkpoint], shape, is_pipeline=False),
        subject_of(model, checkpoint, identity, shape, wanted.endpoint),
        identity,
        identity.context_max or (shape.context_max if shape else None),
    )


def _row(each: _Weights, wanted: Wanted) -> Quantised:
    checkpoint, told = each.checkpoint, each.identity.quantization
    placed = []
    for hardware in wanted.hardware:
        engine, is_loaded = _engine(each, hardware, wanted)
        found = place(each.workload, hardware, wanted, engine, each.context_max)
        placed.append(found if is_loaded else replace(found, is_loaded=False))
    engine = "llama.cpp" if checkpoint.format == "gguf" else None
    return Quantised(
        name=checkpoint.name,
        file=checkpoint.files[0].path,
        label=checkpoint.label or _usual_label(checkpoint.format, told.method),
        format=told.format or checkpoint.format,
        weights_bytes=checkpoint.weights_bytes,
        bits_per_weight=told.bits_per_weight,
        memory=each.workload.whole(wanted.use(engine, wanted.context_for(each.context_max))),
        placed=tuple(placed),
    )


def _engine(each: _Weights, hardware: Hardware, wanted: Wanted) -> tuple[str | None, bool]:
    setting = setting_of(hardware, wanted, wanted.context_for(each.context_max))
    loaders, _ = loading(each.subject, setting, wanted.engine)
    return wanted.engine or usual(loaders, setting.vendor), bool(loaders)


def _need(each: _Weights, hardware: Hardware, wanted: Wanted) -> tuple[int, bool]:
    engine, is_loaded = _engine(each, hardware, wanted)
    use = wanted.use(engine, wanted.context_for(each.context_max))
    return on(each.workload, hardware, use, wanted.gpus).total_bytes, is_loaded


def _usual_label(form: str, method: str | None) -> str | None:
    return method.upper() if method and form == "safetensors" else None


def fitting(rows: Sequence[Quantised]) -> Quantised | None:
    """The largest that fits the first hardware, and that an engine loads there."""
    good = [
        row
        for row in rows
        if row.placed and row.placed[0].is_loaded and row.placed[0].verdict.verdict == "fits"
    ]
    return max(good, key=lambda row: row.weights_bytes, default=None)
