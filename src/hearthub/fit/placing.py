"""One checkpoint on one kind of hardware: whether it fits, how, how far, and about how fast."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from hearthub.fit import speed as speeds
from hearthub.fit.caches import Use
from hearthub.fit.hardware import Hardware
from hearthub.fit.memory import Memory
from hearthub.fit.memory_diffusion import Placing
from hearthub.fit.memory_splits import expert_layers_to_offload
from hearthub.fit.speed import Speed
from hearthub.fit.verdicts import FITS_SHARE, Verdict, judge, largest_context
from hearthub.fit.wanted import Wanted
from hearthub.fit.workload import Workload

GIB = 2**30
MOST_CONTEXT = 2**24
_SEVERAL = ("gpu", "accelerator", "unified")
"""Kinds that a model is split over; the RAM of a CPU is one, however many it has."""
_PLACINGS: tuple[tuple[Placing, str], ...] = (
    ("model_offload", "with one component on the GPU at a time (enable_model_cpu_offload)"),
    ("group_offload", "with one block on the GPU at a time (group offload), which is slow"),
)


@dataclass(frozen=True)
class Placed:
    hardware: Hardware
    engine: str | None
    verdict: Verdict
    memory: Memory
    """Of the fullest device."""
    ram: Memory | None = None
    """What is kept in RAM beside it, where that is how it fits."""
    max_context: int | None = None
    """Tokens; None where none fits, or where it has no context."""
    speed: Speed | None = None
    """None where nothing tells it: no bandwidth is known, or it does not generate text."""
    per_watt: Speed | None = None
    per_dollar: Speed | None = None
    cpu_expert_layers: int | None = None
    gpu_layers: int | None = None
    is_loaded: bool = True
    """Whether an engine is known that loads it there."""


def place(
    workload: Workload,
    hardware: Hardware,
    wanted: Wanted,
    engine: str | None,
    context_max: int | None,
) -> Placed:
    """`context_max` of the model; the context that is judged is the wanted one."""
    context = wanted.context_for(context_max)
    budget = memory_of(hardware)
    if wanted.train:
        gpus = wanted.gpus if hardware.kind in _SEVERAL else 1
        memory = workload.trained(wanted.train, context, gpus)
        return Placed(hardware, engine, judge(memory.total_bytes, budget), memory)
    if workload.components:
        return _drawing(workload, hardware, engine, budget)

    def need(tokens: int) -> Memory:
        return on(workload, hardware, wanted.use(engine, tokens), wanted.gpus)

    memory = need(context)
    placed = Placed(hardware, engine, judge(memory.total_bytes, budget), memory)
    if placed.verdict.verdict != "fits" and _can_offload(workload, hardware, engine):
        placed = _with_ram(placed, workload, wanted.use(engine, context), budget) or placed
    if workload.architecture is not None and workload.architecture.is_decoder:
        placed = replace(placed, max_context=_largest(placed, workload, wanted, context_max, need))
    return _timed(placed, workload, wanted, context)


def on(workload: Workload, hardware: Hardware, use: Use, gpus: int) -> Memory:
    if hardware.kind not in _SEVERAL:
        return workload.whole(use, gpus=0)
    if hardware.kind == "unified" and gpus == 1:
        return workload.whole(use)
    return workload.on_gpus(use, gpus)


def memory_of(hardware: Hardware) -> int:
    """Bytes that may be used: what is free now where that is known."""
    size = hardware.memory_gib if hardware.free_gib is None else hardware.free_gib
    return round((size or 0) * GIB)


def _drawing(workload: Workload, hardware: Hardware, engine: str | None, budget: int) -> Placed:
    whole = workload.whole(Use(1))
    verdict = judge(whole.total_bytes, budget)
    if verdict.verdict == "fits" or hardware.kind != "gpu":
        return Placed(hardware, engine, verdict, whole)
    for placing, words in _PLACINGS:
        memory = workload.pipeline(placing)
        found = judge(memory.total_bytes, budget)
        if found.verdict != "no":
            return Placed(hardware, engine, _because(found, words), memory)
    return Placed(hardware, engine, verdict, whole)


def _can_offload(workload: Workload, hardware: Hardware, engine: str | None) -> bool:
    """Of several GPUs as of one: what one can hold with RAM beside it, they can."""
    return (
        engine == "llama.cpp"
        and hardware.kind == "gpu"
        and bool(hardware.ram_gib)
        and workload.portions is not None
    )


def _with_ram(placed: Placed, workload: Workload, use: Use, budget: int) -> Placed | None:
    """Experts in RAM first, then whole layers; None where not even that is enough."""
    ram = round((placed.hardware.ram_gib or 0) * GIB)
    for experts, layers, words in _ways(workload, use, budget):
        there = workload.offloaded(use, cpu_expert_layers=experts, gpu_layers=layers)
        gpu, beside = judge(there.gpu.total_bytes, budget), judge(there.ram.total_bytes, ram)
        if gpu.verdict == "no" or beside.verdict == "no":
            continue
        verdict = gpu if beside.verdict == "fits" else replace(gpu, verdict="tight")
        if placed.verdict.verdict == verdict.verdict:
            return None  # tight without RAM is faster than tight with it
        share = f"{there.ram.total_bytes / GIB:.2f} of {ram / GIB:.2f} GiB of RAM"
        return replace(
            placed,
            verdict=_because(verdict, f"{words}: {share}"),
            memory=there.gpu,
            ram=there.ram,
            cpu_expert_layers=experts or None,
            gpu_layers=layers,
        )
    return None


def _ways(workload: Workload, use: Use, budget: int) -> Iterator[tuple[int, int | None, str]]:
    """(layers whose experts are in RAM, layers on the GPU), the fastest first."""
    assert workload.architecture is not None  # noqa: S101
    assert workload.portions is not None  # noqa: S101
    room = int(FITS_SHARE * budget) - workload.sidecar_bytes
    if workload.is_mixture:
        portions, shape = workload.portions, workload.architecture
        if count := expert_layers_to_offload(shape, portions, use, room):
            yield count, None, f"with the experts of {count} layers in RAM"
    for layers in range(len(workload.portions.layers), -1, -1):
        placed = workload.offloaded(use, gpu_layers=layers)
        if placed.gpu.total_bytes <= FITS_SHARE * budget:
            yield 0, layers, f"with {layers} of {len(workload.portions.layers)} layers on the GPU"
            return


def _because(verdict: Verdict, words: str) -> Verdict:
    return replace(verdict, reason=f"{verdict.reason}, {words}")


def _largest(
    placed: Placed,
    workload: Workload,
    wanted: Wanted,
    context_max: int | None,
    need: Callable[[int], Memory],
) -> int | None:
    """The longest context with which it fits, placed as it is."""
    budget = memory_of(placed.hardware)
    ram = round((placed.hardware.ram_gib or 0) * GIB)

    def bytes_at(tokens: int) -> int:
        if placed.ram is None:
            return need(tokens).total_bytes
        use = wanted.use(placed.engine, tokens)
        experts, layers = placed.cpu_expert_layers or 0, placed.gpu_layers
        there = workload.offloaded(use, cpu_expert_layers=experts, gpu_layers=layers)
        # What is in RAM on the scale of the GPU: the fuller of the two counts.
        return max(there.gpu.total_bytes, there.ram.total_bytes * budget // max(ram, 1))

    found = largest_context(bytes_at, min(context_max or MOST_CONTEXT, MOST_CONTEXT), budget)
    if placed.verdict.verdict != "fits":
        return found
    # Contexts are tried in steps of 256: the judged one may lie between two.
    return max(found or 0, wanted.context_for(context_max))


def _timed(placed: Placed, workload: Workload, wanted: Wanted, context: int) -> Placed:
    """With its speed, of one sequence at the judged context. Nothing is said where it does not fit,
    nor where RAM helps: how fast that is depends on the machine around the card."""
    hardware, shape = placed.hardware, workload.architecture
    if shape is None or not shape.is_decoder or not shape.layers or not hardware.bandwidth_gbs:
        return placed
    if placed.verdict.verdict == "no" or placed.ram is not None:
        return placed
    is_shared = wanted.gpus > 1 and placed.engine in ("vllm", "sglang", "tgi")
    found = speeds.decode_speed(
        workload.bytes_per_token(wanted.use(placed.engine, context)),
        hardware.bandwidth_gbs * (wanted.gpus if is_shared else 1),
        len(shape.layers),
        is_mixture=workload.is_mixture,
    )
    watts, price = hardware.tdp_watts, wanted.price
    return replace(
        placed,
        speed=found,
        per_watt=speeds.per_watt(found, watts * wanted.gpus) if watts else None,
        per_dollar=speeds.per_dollar(found, price) if price else None,
    )
