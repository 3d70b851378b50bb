"""Every quantisation in a repo on some hardware, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hearthub.fit.choices import loading, usual
from hearthub.fit.identity import identify, quantization_of_parts
from hearthub.fit.memory import Memory
from hearthub.fit.model import Model
from hearthub.fit.placing import Placed, place
from hearthub.fit.subjects import setting_of, subject_of
from hearthub.fit.wanted import Wanted
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


def quantised(model: Model, wanted: Wanted) -> list[Quantised]:
    """The smallest first; none of a pipeline, whose parts are no alternatives, nor an adapter."""
    if model.contents.is_pipeline or model.adapter:
        return []
    found = sorted(model.contents.checkpoints[:MOST], key=lambda it: it.weights_bytes)
    return [_one(model, each.files[0].path, wanted) for each in found if each.files]


def _one(model: Model, file: str, wanted: Wanted) -> Quantised:
    checkpoint = model.checkpoint(file)
    assert checkpoint is not None  # noqa: S101 - it was just listed
    shape = model.architecture(checkpoint)
    workload = Workload.of([checkpoint], shape, is_pipeline=False)
    identity = identify(model, checkpoint, shape)
    context_max = identity.context_max or (shape.context_max if shape else None)
    context = wanted.context_for(context_max)
    subject = subject_of(model, checkpoint, identity, shape, wanted.endpoint)
    placed = []
    for hardware in wanted.hardware:
        setting = setting_of(hardware, wanted, context)
        loaders, _ = loading(subject, setting, wanted.engine)
        engine = wanted.engine or usual(loaders, setting.vendor)
        found = place(workload, hardware, wanted, engine, context_max)
        placed.append(found if loaders else replace(found, is_loaded=False))
    engine = "llama.cpp" if checkpoint.format == "gguf" else None
    told = quantization_of_parts(model, checkpoint, [checkpoint])
    return Quantised(
        name=checkpoint.name,
        file=file,
        label=checkpoint.label or _usual_label(checkpoint.format, told.method),
        format=told.format or checkpoint.format,
        weights_bytes=checkpoint.weights_bytes,
        bits_per_weight=told.bits_per_weight,
        memory=workload.whole(wanted.use(engine, context)),
        placed=tuple(placed),
    )


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
