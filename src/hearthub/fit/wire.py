"""Answers of fit as JSON: sizes in bytes, parameters as numbers, null where nothing is known."""

from typing import Any

from hearthub.fit.comparison import Column
from hearthub.fit.derivatives import Option
from hearthub.fit.evaluations import Evaluation
from hearthub.fit.identity import Identity
from hearthub.fit.lineage import Edge
from hearthub.fit.memory import Memory
from hearthub.fit.placing import Placed
from hearthub.fit.report import Report
from hearthub.fit.speed import Speed


def report_json(found: Report) -> dict[str, Any]:
    """The fixed form of `hearthub fit show --json`; sizes in bytes, parameters as numbers."""
    it = found.identity
    return {
        "target": it.name,
        "file": found.checkpoint.files[0].path if found.checkpoint else None,
        "architecture": it.architecture or it.family,  # a config may tell no more
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
            placed_json(placed, best, found.context) | {"would_fit": _would_fit(would)}
            for placed, best, would in zip(found.placed, found.best, found.would_fit, strict=True)
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


def _would_fit(found: tuple[str, int] | None) -> dict[str, Any] | None:
    return {"label": found[0], "weights_bytes": found[1]} if found else None


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


def column_json(column: Column) -> dict[str, Any]:
    return {
        "model": column.model,
        "params_total": column.params_total,
        "params_active": column.params_active,
        "size_source": column.size_source,
        "context_max": column.context_max,
        "licence": column.licence,
        "formats": list(column.formats),
        "weights_bytes": column.weights_bytes,
        "best_fit": column.best_fit,
        "evaluations": list(column.evaluations),
        "main_use": column.main_use,
    }
