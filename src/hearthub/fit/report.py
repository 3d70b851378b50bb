"""The answer to "what is it, does it fit, how do I run it", as values and as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hearthub.fit.commands import Command, commands, refusals
from hearthub.fit.derivatives import Option
from hearthub.fit.evaluations import Evaluation
from hearthub.fit.identity import Identity, identify, parts_of
from hearthub.fit.lineage import Edge
from hearthub.fit.memory import Memory
from hearthub.fit.model import Model
from hearthub.fit.placing import Placed, memory_of, place
from hearthub.fit.speed import Speed
from hearthub.fit.subjects import setting_of, subject_of
from hearthub.fit.verdicts import FITS_SHARE
from hearthub.fit.wanted import Wanted
from hearthub.fit.weights import Checkpoint
from hearthub.fit.workload import Workload

_PREFERRED = ("llama.cpp", "mlx", "vllm", "sglang", "transformers", "diffusers", "peft")
"""Of the engines that load a checkpoint on some hardware, whose memory is shown."""


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
        engine = wanted.engine or next((each for each in _PREFERRED if each in loaders), None)
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


def to_json(found: Report) -> dict[str, Any]:
    """The fixed form of `hearthub fit show --json`; sizes in bytes, parameters as numbers."""
    it = found.identity
    return {
        "target": it.name,
        "file": found.checkpoint.files[0].path if found.checkpoint else None,
        "architecture": it.architecture,
        "family": it.family,
        **_sizes(it),
        "quantization": {
            "label": it.quantization.label,
            "bits_per_weight": it.quantization.bits_per_weight,
            "format": it.quantization.format,
            "method": it.quantization.method,
        },
        "context_max": it.context_max,
        "modality": {
            "inputs": list(it.modality.inputs),
            "outputs": list(it.modality.outputs),
            "components": list(it.modality.components),
            "task": it.modality.main_use,
        },
        "abilities": _abilities(it),
        "licences": [
            {"name": each.name, "link": each.link, "declared": each.is_declared}
            for each in it.licences
        ],
        "lineage": [_edge(edge) for edge in it.edges],
        "memory": memory_json(found.memory, found.context),
        "verdicts": [
            placed_json(placed, best, found.context)
            for placed, best in zip(found.placed, found.best, strict=True)
        ],
        "commands": {name: command.text for name, command in found.commands.items()},
        "command_warnings": {
            name: list(command.warnings)
            for name, command in found.commands.items()
            if command.warnings
        },
        "refusals": dict(found.refusals),
        "options": [option_json(each) for each in found.options],
        "evaluations": [evaluation_json(each) for each in it.evaluations],
        "warnings": list(found.warnings),
    }


def memory_json(memory: Memory, context: int) -> dict[str, Any]:
    return {
        "context": memory.context or context,
        "weights_bytes": memory.weights_bytes,
        "cache_bytes": memory.cache_bytes,
        "compute_bytes": memory.compute_bytes,
        "overhead_bytes": memory.overhead_bytes,
        "total_bytes": memory.total_bytes,
        "formulas": dict(memory.formulas),
    }


def placed_json(placed: Placed, best: Option | None, context: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "hardware": placed.hardware.name,
        "key": placed.hardware.key,
        "engine": placed.engine,
        "verdict": placed.verdict.verdict,
        "reason": placed.verdict.reason,
        "max_context": placed.max_context,
        "memory": memory_json(placed.memory, context),
        "memory_free_bytes": placed.verdict.free_bytes,
        "speed": speed_json(placed.speed),
        "best_option": option_json(best) if best else None,
    }
    if placed.ram is not None:
        found["ram"] = memory_json(placed.ram, context)
        found["cpu_expert_layers"] = placed.cpu_expert_layers
        found["gpu_layers"] = placed.gpu_layers
    if placed.per_watt:
        found["per_watt"] = speed_json(placed.per_watt)
    if placed.per_dollar:
        found["per_dollar"] = speed_json(placed.per_dollar)
    return found


def speed_json(speed: Speed | None) -> dict[str, Any] | None:
    if speed is None:
        return None
    return {
        "low": float(f"{speed.low:.3g}"),
        "high": float(f"{speed.high:.3g}"),
        "unit": speed.unit,
        "assumption": speed.assumption,
    }


def option_json(option: Option) -> dict[str, Any]:
    return {
        "repo": option.repo,
        "name": option.name,
        "label": option.label,
        "format": option.format,
        "weights_bytes": option.weights_bytes,
    }


def evaluation_json(each: Evaluation) -> dict[str, Any]:
    return {
        "benchmark": each.benchmark,
        "setting": dict(each.setting),
        "metric": each.metric,
        "value": each.value,
        "source": each.source,
        "source_name": each.source_name,
        "date": each.date,
        "origin": each.origin,
        "self_reported": each.is_self_reported,
    }


def _sizes(it: Identity) -> dict[str, Any]:
    sizes = it.sizes
    moe = {"experts": sizes.experts, "active": sizes.active_experts or None}
    return {
        "params_total": sizes.total,
        "params_active": sizes.active,
        "params_active_without_embedding": sizes.active_without_embedding,
        "params_effective": sizes.effective,
        "size_source": sizes.source,
        "size_conflicts": list(sizes.conflicts),
        "moe": moe if sizes.experts else None,
    }


def _abilities(it: Identity) -> dict[str, Any] | None:
    found = it.abilities
    if found is None:
        return None
    return {"tools": found.tools, "thinking": found.thinking, "switch": found.switch}


def _edge(edge: Edge) -> dict[str, Any]:
    return {
        "name": edge.name,
        "relation": edge.relation,
        "declared": edge.is_declared,
        "relation_declared": edge.is_relation_declared,
        "evidence": edge.evidence,
    }
