"""The answer to "what is it, does it fit, how do I run it", put together from all the parts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from hearthub.fit.architecture import Architecture
from hearthub.fit.choices import best_option, loading, usual, would_fit
from hearthub.fit.commands import Command
from hearthub.fit.derivatives import Option
from hearthub.fit.identity import Identity, identify, parts_of
from hearthub.fit.memory import Memory
from hearthub.fit.model import Model
from hearthub.fit.placing import Placed, place
from hearthub.fit.subjects import setting_of, subject_of
from hearthub.fit.wanted import Wanted
from hearthub.fit.weights import Checkpoint
from hearthub.fit.workload import Workload


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
    would_fit: tuple[tuple[str, int] | None, ...]
    """For each that none fits, the largest file type of GGUF that would, with its bytes."""
    gpus: int
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
    options = (*_options(model), *derivatives)
    placed: list[Placed] = []
    best: list[Option | None] = []
    for hardware in wanted.hardware:
        setting = setting_of(hardware, wanted, context)
        loaders, _ = loading(subject, setting, wanted.engine)
        engine = wanted.engine or usual(loaders, setting.vendor)
        found = place(workload, hardware, wanted, engine, context_max)
        placed.append(found if loaders else _unloaded(found))
        best.append(best_option(workload, found, options, model.name, subject, setting, wanted))
    first = placed[0] if placed else None
    setting = setting_of(first.hardware if first else None, wanted, context, first)
    written, refused = loading(subject, setting, wanted.engine)
    return Report(
        identity=identity,
        checkpoint=checkpoint,
        options=options,
        context=context,
        memory=first.memory if first else _neutral(workload, wanted, context),
        placed=tuple(placed),
        best=tuple(best),
        would_fit=tuple(
            would_fit(workload, it.hardware, wanted, context)
            if option is None and it.verdict.verdict == "no"
            else None
            for it, option in zip(placed, best, strict=True)
        ),
        gpus=wanted.gpus,
        commands=written,
        refusals=refused,
        warnings=(
            *_warnings(model, checkpoint, identity),
            *warnings,
            *_limits(model, wanted, context),
        ),
    )


def _workload(
    model: Model, checkpoint: Checkpoint | None, base: Model | None
) -> tuple[Workload, Architecture | None, tuple[str, ...]]:
    """With the shape it has, an adapter's being its base's; and what is not certain about it."""
    is_pipeline = model.contents.is_pipeline
    if not model.adapter:
        shape = model.architecture(checkpoint)
        parts = parts_of(model, checkpoint)
        warnings = [] if checkpoint else ["there are no weights: sizes are of 16-bit ones"]
        if shape is None and not is_pipeline:
            warnings.append("nothing tells its shape: cache and buffers are not counted")
        if is_pipeline:
            warnings.append("activations of a pipeline grow with its pictures: not counted")
        return Workload.of(parts, shape, is_pipeline=is_pipeline), shape, tuple(warnings)
    size = checkpoint.weights_bytes if checkpoint else 0
    if base is None or base.adapter:
        why = "is an adapter itself" if base else "could not be read"
        warning = f"its base {model.base or 'model'} {why}: only the adapter is counted"
        return Workload(None, size), None, (warning,)
    of_base = base.checkpoint()
    shape = base.architecture(of_base)
    parts = parts_of(base, of_base)
    workload = Workload.of(parts, shape, is_pipeline=base.contents.is_pipeline)
    return workload.with_adapter(size), shape, (f"memory is of {base.name} with this adapter",)


def _neutral(workload: Workload, wanted: Wanted, context: int) -> Memory:
    use = wanted.use(wanted.engine, context)
    if wanted.train:
        return workload.trained(wanted.train, context, wanted.gpus)
    return workload.whole(use) if wanted.gpus == 1 else workload.on_gpus(use, wanted.gpus)


def _options(model: Model) -> list[Option]:
    if model.contents.is_pipeline or model.adapter:
        return []
    return [
        Option(model.name, each.name, each.label, each.format, each.weights_bytes)
        for each in model.contents.checkpoints
    ]


def _unloaded(placed: Placed) -> Placed:
    """What fits is of no use where nothing loads it."""
    reason = f"{placed.verdict.reason}; no engine known here loads it on this hardware"
    return replace(placed, verdict=replace(placed.verdict, reason=reason), is_loaded=False)


def _limits(model: Model, wanted: Wanted, context: int) -> list[str]:
    """Where the answer is of something else than what was asked for."""
    found = []
    if wanted.context and wanted.context > context:
        found.append(f"its context ends at {context} tokens: figures are of that many")
    if model.revision not in (None, "main"):
        found.append(f"figures are of {model.revision}; the commands load the main branch")
    return found


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
