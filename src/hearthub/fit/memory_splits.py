"""Where the bytes lie: between GPU and RAM, and over several GPUs."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

from hearthub.errors import BadRequest
from hearthub.fit import caches
from hearthub.fit import memory as memories
from hearthub.fit.architecture import Architecture, Attention
from hearthub.fit.caches import Use
from hearthub.fit.counts import layer_routed, layer_total
from hearthub.fit.memory import Memory
from hearthub.fit.weights import Tensor

LAYER = re.compile(r"(?:^|\.)(?:blk|layers|h|blocks)\.(\d{1,6})\.")
EXPERTS = re.compile(r"_exps\.|\.experts\.")
BY_LAYER = re.compile(r"^per_layer_token_embd\.|embed_tokens_per_layer")
INPUT = re.compile(r"^token_embd\.|embed_tokens")


@dataclass(frozen=True, slots=True)
class Portions:
    """Bytes of a model's weights by what they belong to."""

    input: int
    """The table looked up by token; llama.cpp leaves it in RAM, and a tied one on the GPU too."""
    head: int
    """The output matrix and what stands around the layers; a tied input serves as it too."""
    layers: tuple[int, ...]
    """Of each layer, without its routed experts."""
    experts: tuple[int, ...]
    """Routed experts of each layer."""
    by_layer: int = 0
    """Tables that each layer looks its own embedding up in (Gemma 3n and 4): never the head."""

    @property
    def total(self) -> int:
        return self.input + self.by_layer + self.head + sum(self.layers) + sum(self.experts)


def portions_of_tensors(tensors: Iterable[Tensor]) -> Portions:
    """From a file's header. Tensors of no layer, the input apart, count as around."""
    layers: dict[int, int] = {}
    experts: dict[int, int] = {}
    input_bytes = by_layer = around = 0
    for tensor in tensors:
        if found := LAYER.search(tensor.name):
            kind = experts if EXPERTS.search(tensor.name) else layers
            kind[int(found[1])] = kind.get(int(found[1]), 0) + tensor.size
        elif BY_LAYER.search(tensor.name):
            by_layer += tensor.size
        elif INPUT.search(tensor.name):
            input_bytes += tensor.size
        else:
            around += tensor.size
    indices = sorted({*layers, *experts})
    return Portions(
        input=input_bytes,
        head=around,
        layers=tuple(layers.get(index, 0) for index in indices),
        experts=tuple(experts.get(index, 0) for index in indices),
        by_layer=by_layer,
    )


def portions_of(architecture: Architecture, weights_bytes: int) -> Portions:
    """The same by parameters, where there is no header: all at the mean bits a weight."""
    around = architecture.head_parameters + architecture.other_parameters
    around += architecture.vision_parameters
    total = architecture.embedding_parameters + around
    total += sum(layer_total(layer) for layer in architecture.layers)
    scale = weights_bytes / max(total, 1)
    table = min(architecture.vocabulary * architecture.hidden, architecture.embedding_parameters)
    return Portions(
        input=round(table * scale),
        head=round(around * scale),
        layers=tuple(
            round((layer_total(x) - layer_routed(x)) * scale) for x in architecture.layers
        ),
        experts=tuple(round(layer_routed(x) * scale) for x in architecture.layers),
        by_layer=round((architecture.embedding_parameters - table) * scale),
    )


@dataclass(frozen=True)
class Placement:
    gpu: Memory
    ram: Memory


def offload(
    architecture: Architecture,
    portions: Portions,
    use: Use,
    *,
    cpu_expert_layers: int = 0,
    gpu_layers: int | None = None,
    tied: bool | None = None,
) -> Placement:
    """One GPU with RAM beside it, as llama.cpp places things.

    `cpu_expert_layers`: the experts of the first so many layers stay in RAM (`--n-cpu-moe`).
    `gpu_layers`: only the last so many layers are on the GPU (`-ngl`), all where None. A tied
    input is in both: RAM for the lookup, the GPU as the head.
    """
    count = len(portions.layers)
    first_on_gpu = 0 if gpu_layers is None else max(count - gpu_layers, 0)
    expert_start = max(first_on_gpu, min(cpu_expert_layers, count))
    if cpu_expert_layers < 0 or (gpu_layers is not None and gpu_layers < 0):
        raise BadRequest("layers must be 0 or more")
    tied = architecture.head_parameters == 0 if tied is None else tied
    has_head = gpu_layers is None or gpu_layers > count
    head = portions.head + (portions.input if tied else 0)
    on_gpu = sum(portions.layers[first_on_gpu:]) + sum(portions.experts[expert_start:])
    in_ram = portions.input + portions.by_layer + sum(portions.layers[:first_on_gpu])
    in_ram += sum(portions.experts[:expert_start])
    on_gpu, in_ram = (on_gpu + head, in_ram) if has_head else (on_gpu, in_ram + portions.head)
    cache = [caches.layer_bytes(layer, use) for layer in architecture.layers]
    cut = min(first_on_gpu, len(cache))
    words = f"layers from {first_on_gpu}, experts from {expert_start}"
    gpu = memories.memory(
        use.context,
        weights=(on_gpu, f"{words}{' and the head' if has_head else ''}"),
        cache=(sum(cache[cut:]), f"cache of layers from {first_on_gpu}"),
        compute=memories.compute(architecture, use),
        overhead=memories.overhead(1),
    )
    ram = memories.memory(
        use.context,
        weights=(in_ram, "the input table and what is not on the GPU"),
        cache=(sum(cache[:cut]), f"cache of layers before {first_on_gpu}"),
        overhead=memories.overhead(0),
    )
    return Placement(gpu, ram)


def expert_layers_to_offload(
    architecture: Architecture, portions: Portions, use: Use, gpu_bytes: int
) -> int | None:
    """The fewest layers whose experts must stay in RAM for the rest to fit; None if none do."""
    for count in range(len(portions.layers) + 1):
        placed = offload(architecture, portions, use, cpu_expert_layers=count)
        if placed.gpu.total_bytes <= gpu_bytes:
            return count
    return None


def split_by_layers(
    architecture: Architecture, portions: Portions, use: Use, gpus: int
) -> tuple[Memory, ...]:
    """One Memory a GPU: contiguous layers in equal numbers; the input first, the head last.

    llama.cpp has the input in RAM, and a tied one beside the last layers as the head.
    """
    _check(gpus, len(architecture.layers))
    bounds = [len(architecture.layers) * index // gpus for index in range(gpus + 1)]
    sizes = [
        dense + experts for dense, experts in zip(portions.layers, portions.experts, strict=True)
    ]
    cache = [caches.layer_bytes(layer, use) for layer in architecture.layers]
    first, last = portions.input + portions.by_layer, portions.head
    if use.engine == "llama.cpp":
        first, last = 0, last + (0 if architecture.head_parameters else portions.input)
    made = []
    for index, (start, end) in enumerate(pairwise(bounds)):
        around = first if index == 0 else 0
        around += last if index == gpus - 1 else 0
        made.append(
            memories.memory(
                use.context,
                weights=(sum(sizes[start:end]) + around, f"layers {start} to {end - 1}"),
                cache=(sum(cache[start:end]), f"cache of layers {start} to {end - 1}"),
                compute=memories.compute(architecture, use),
                overhead=memories.overhead(1),
            )
        )
    return tuple(made)


def split_by_tensors(architecture: Architecture, weights_bytes: int, use: Use, gpus: int) -> Memory:
    """What each of `gpus` equal GPUs holds under tensor parallelism.

    Key-value heads are divided until each GPU has one, then repeated; what latent attention and
    recurrent layers keep is on every GPU.
    """
    _check(gpus, 1024)
    layers = tuple(replace(x, attention=_share(x.attention, gpus)) for x in architecture.layers)
    part = replace(architecture, layers=layers)
    size, formula = memories.compute(architecture, use)
    return memories.memory(
        use.context,
        weights=(-(-weights_bytes // gpus), f"{weights_bytes} / {gpus}"),
        cache=(caches.cache_bytes(part, use), memories.cache_formula(part, use)),
        compute=(size, formula),
        overhead=memories.overhead(1),
    )


def _share(mixer: Attention, gpus: int) -> Attention:
    if mixer.kind not in ("full", "sliding", "cross"):
        return mixer
    return replace(mixer, kv_heads=-(-mixer.kv_heads // gpus))


def _check(gpus: int, most: int) -> None:
    if not 1 <= gpus <= max(most, 1):
        raise BadRequest(f"A model of this shape is split over 1 to {most} GPUs")


def largest_layer(portions: Portions) -> int:
    return max(map(sum, zip(portions.layers, portions.experts, strict=True)), default=0)
