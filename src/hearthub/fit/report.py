"""The answer to "what is it, does it fit, how do I run it", put together from all the parts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hearthub.fit.commands import Command, commands, refusals
from hearthub.fit.derivatives import Option
from hearthub.fit.hardware import Hardware
from hearthub.fit.identity import Identity, identify, parts_of
from hearthub.fit.memory import Memory
from hearthub.fit.model import Model
from hearthub.fit.placing import Placed, memory_of, place
from hearthub.fit.subjects import setting_of, subject_of
from hearthub.fit.verdicts import FITS_SHARE
from hearthub.fit.wanted import Wanted
from hearthub.fit.weights import Checkpoint
from hearthub.fit.workload import Workload

_PREFERRED = ("llama.cpp", "mlx", "vllm", "sglang", "transformers", "diffusers", "peft")
"""Of the engines that load a checkpoint on some hardware, whose memory is shown."""
_PREFERRED_ON_CPU = ("llama.cpp", "transformers", "diffusers", "peft", "vllm")
"""vLLM has another build for CPUs, which few have."""


@dataclass(frozen=True)
class Report:
    identity: Identity
    checkpoint: Checkpoint | None
    options: tuple[Option, ...]
    """Every quantisation in the repo, and those of its derivatives that are known."""
    context: int
    memory: Memory
    """Of the first hardware; without any, what the shape needs whatever the engine."""
    placed: tuple[Placed, ...]
    best: tuple[Option | None, ...]
    """For each hardware the largest option that fits it."""
    commands: Mapping[str, Command]
    refusals: Mapping[str, str]
    warnings: tuple[str, ...]


def report(
    model: Model,
    wanted: Wanted,
    base: Model | None = None,
    derivatives: Sequence[Option] = (),
) -> Report:
    """`base`: what an adapter is loaded on, where it could be read."""
    checkpoint = model.checkpoint(wanted.file)
    own = model.architecture(checkpoint)
    identity = identify(model, checkpoint, own)
    workload, shape, warnings = _workload(model, checkpoint, base)
    context_max = identity.context_max or (shape.context_max if shape else None)
    subject = subject_of(model, checkpoint, identity, own, wanted.endpoint)
    context = wanted.context_for(context_max)
    placed = []
    for hardware in wanted.hardware:
        loaders = commands(subject, setting_of(hardware, wanted, context))
        engine = wanted.engine or _preferred(loaders, hardware)
        placed.append(place(workload, hardware, wanted, engine, context_max))
    options = (*_options(model), *derivatives)
    first = placed[0] if placed else None
    setting = setting_of(first.hardware if first else None, wanted, context, first)
    written = commands(subject, setting)
    if wanted.engine:
        written = {k: v for k, v in written.items() if k == wanted.engine}
    return Report(
        identity=identity,
        checkpoint=checkpoint,
        options=options,
        context=context,
        memory=first.memory if first else _neutral(workload, wanted, context),
        placed=tuple(placed),
        best=tuple(_best(each, options, workload) for each in placed),
        commands=written,
        refusals=refusals(subject, setting),
        warnings=(*_warnings(model, checkpoint, identity), *warnings),
    )


def _workload(
    model: Model, checkpoint: Checkpoint | None, base: Model | None
) -> tuple[Workload, Any, tuple[str, ...]]:
    """With the shape it has, an adapter's being its base's; and what is not certain about it."""
    is_pipeline = model.contents.is_pipeline
    if not model.adapter:
        shape = model.architecture(checkpoint)
        parts = parts_of(model, checkpoint)
        warnings = [] if checkpoint else ["there are no weights: sizes are of 16-bit ones"]
        if shape is None and not is_pipeline:
            warnings.append("nothing tells its shape: cache and buffers are not counted")
        return Workload.of(parts, shape, is_pipeline=is_pipeline), shape, tuple(warnings)
    size = checkpoint.weights_bytes if checkpoint else 0
    if base is None:
        warning = f"its base {model.base or 'model'} could not be read: only the adapter is counted"
        return Workload(None, size), None, (warning,)
    of_base = base.checkpoint()
    shape = base.architecture(of_base)
    parts = parts_of(base, of_base)
    workload = Workload.of(parts, shape, is_pipeline=base.contents.is_pipeline)
    return workload.with_adapter(size), shape, (f"memory is of {base.name} with this adapter",)


def _preferred(loaders: Mapping[str, Command], hardware: Hardware) -> str | None:
    order = _PREFERRED_ON_CPU if hardware.kind == "cpu" else _PREFERRED
    return next((each for each in order if each in loaders), None)


def _neutral(workload: Workload, wanted: Wanted, context: int) -> Memory:
    use = wanted.use(wanted.engine, context)
    if wanted.train and (found := workload.trained(wanted.train, context)):
        return found
    return workload.whole(use) if wanted.gpus == 1 else workload.on_gpus(use, wanted.gpus)


def _options(model: Model) -> list[Option]:
    if model.contents.is_pipeline or model.adapter:
        return []
    return [
        Option(model.name, each.name, each.label, each.format, each.weights_bytes)
        for each in model.contents.checkpoints
    ]


def _best(placed: Placed, options: Sequence[Option], workload: Workload) -> Option | None:
    """The largest that fits with the cache and buffers of this one; they are all of one shape."""
    if workload.components or placed.ram is not None:
        return None
    beside = placed.memory.total_bytes - placed.memory.weights_bytes + workload.sidecar_bytes
    room = FITS_SHARE * memory_of(placed.hardware) - beside
    # A GPU of several, or one that leaves the input table in RAM, holds a part of the weights.
    share = (placed.memory.weights_bytes - workload.sidecar_bytes) / max(workload.weights_bytes, 1)
    fitting = [each for each in options if each.weights_bytes * share <= room]
    return max(fitting, key=lambda each: each.weights_bytes, default=None)


def _warnings(model: Model, checkpoint: Checkpoint | None, identity: Identity) -> list[str]:
    sizes, found = identity.sizes, [*identity.warnings, *model.contents.warnings]
    found += sizes.conflicts
    if sizes.draft:
        found.append(f"{sizes.draft / 1e9:.3g} B more only draft tokens (MTP) and are not counted")
    for part in checkpoint.files if checkpoint else ():
        found += [f"{part.path}: {warning}" for warning in part.warnings]
    if checkpoint and any(part.imports for part in checkpoint.files):
        found.append("its weights are pickles, which can run code when they are loaded")
    return list(dict.fromkeys(found))
