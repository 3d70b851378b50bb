"""What a model needs to run: weights, cache, compute buffers and overhead, each with its formula.

All sizes are bytes. Formulas and constants: measurements of llama.cpp and published logs of vLLM,
named where they stand.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from hearthub.errors import BadRequest
from hearthub.fit import caches
from hearthub.fit.architecture import Architecture, Attention, Layer
from hearthub.fit.caches import ELEMENT, Engine, Use
from hearthub.fit.counts import counts_of

MIB, GIB = 2**20, 2**30

GPU_OVERHEAD = GIB // 2
"""Context and libraries of one GPU: 0.45 GiB fits llama.cpp's clean rows, 0.05 to 0.35 vLLM's."""
CPU_OVERHEAD = 11 * MIB
"""Measured over 30 models of llama.cpp, beside tensors, cache and compute."""
LIBRARIES_OVERHEAD = 350 * MIB
"""A process with Python and PyTorch for CPUs (2.13.0) that has run a model of transformers 5.23.0:
measured 336 to 353 MiB, of which 84 to 96 are files."""

BITS: dict[str, float] = {
    "fp32": 32,
    "bf16": 16,
    "fp16": 16,
    "fp8": 8.002,  # blocks of 128 x 128 with a 32-bit scale
    "int8": 8.005,
    "gptq": 4.156,  # groups of 128: a 16-bit scale and a 4-bit zero
    "awq": 4.156,
    "int4": 4.125,
    "nf4": 4.127,  # scales quantised again
    "fp4": 4.5,
    "nvfp4": 4.5,
    "mxfp4": 4.25,
    "mlx4": 4.5,
    "mlx8": 8.5,
}
"""Bits a weight, scales included. Headers beat every formula: use their bytes where they exist."""


@dataclass(frozen=True)
class Memory:
    """Bytes of each part, and how each was worked out, to be shown."""

    context: int
    """Tokens of one sequence."""
    weights_bytes: int
    cache_bytes: int
    compute_bytes: int
    overhead_bytes: int
    total_bytes: int
    formulas: Mapping[str, str]


def memory(
    context: int,
    *,
    weights: tuple[int, str],
    cache: tuple[int, str] = (0, "none"),
    compute: tuple[int, str] = (0, "none"),
    overhead: tuple[int, str] = (0, "none"),
) -> Memory:
    """A Memory of these parts, each as bytes and formula."""
    parts = {"weights": weights, "cache": cache, "compute": compute, "overhead": overhead}
    return Memory(
        context=context,
        weights_bytes=weights[0],
        cache_bytes=cache[0],
        compute_bytes=compute[0],
        overhead_bytes=overhead[0],
        total_bytes=sum(size for size, _ in parts.values()),
        formulas={name: formula for name, (_, formula) in parts.items()},
    )


def inference(
    architecture: Architecture,
    weights_bytes: int,
    use: Use,
    *,
    gpus: int = 1,
    sidecar_bytes: int = 0,
    flash_attention: bool = True,
) -> Memory:
    """All of a model on `gpus` GPUs together, or in RAM where that is 0.

    `sidecar_bytes`: what is loaded beside it, such as an mmproj.
    """
    beside = f" + {sidecar_bytes} of sidecars" if sidecar_bytes else ""
    return memory(
        use.context,
        weights=(weights_bytes + sidecar_bytes, f"{weights_bytes} bytes of tensors{beside}"),
        cache=(caches.cache_bytes(architecture, use), cache_formula(architecture, use)),
        compute=compute(architecture, use, flash_attention=flash_attention),
        overhead=overhead(gpus, use.engine),
    )


def overhead(gpus: int, engine: Engine = "neutral") -> tuple[int, str]:
    if gpus:
        return gpus * GPU_OVERHEAD, f"{gpus} GPU x 0.5 GiB of context and libraries"
    if engine == "transformers":
        return LIBRARIES_OVERHEAD, "350 MiB of Python, PyTorch and transformers"
    return CPU_OVERHEAD, "11 MiB beside the tensors"


def compute(
    architecture: Architecture, use: Use, *, flash_attention: bool = True
) -> tuple[int, str]:
    """Buffers of one step, in bytes, and the formula.

    llama.cpp: a mask of 16 bits over the context, and the larger of the logits and a layer's
    activations in f32; fitted to its print for 37 architectures (tests/fit/oracles) and to 66,
    266 and 1,066 MiB for Llama-3.1-8B in steps of 128, 512 and 2,048. CUDA may take more. vLLM:
    activations of a step; logs show 0.22 to 9.37 GiB for one and the same 8B model, so this is
    the least certain term. transformers: activations of the whole prompt, which it reads in one
    step, in the type of the weights (torch's own count of a Llama's is 18.2 KB a token by its
    profiler, the formula's 18.4), and the last token's logits in f32.
    """
    vocabulary, hidden = architecture.vocabulary, architecture.hidden
    widest = activations(architecture)
    if use.engine == "vllm":
        size = use.in_flight * 2 * widest + 4 * use.sequences * vocabulary
        formula = f"{use.in_flight} tokens x 2 B x {widest} of a layer"
        return size, f"{formula} + {use.sequences} sequences x {vocabulary} logits x 4 B"
    if use.engine == "transformers":
        element, tokens = ELEMENT[use.cache_type], use.context * use.sequences
        size = ceil(tokens * element * widest) + 4 * use.sequences * vocabulary
        formula = f"{tokens} tokens x {float(element):g} B x {widest} of a layer"
        return size, f"{formula} + {use.sequences} sequences x {vocabulary} logits x 4 B"
    step = min(use.ubatch, use.context)
    wide = max(vocabulary + hidden, widest)
    size = step * (2 * use.context + 4 * wide)
    formula = f"{step} tokens x (2 B x {use.context} of the mask + 4 B x {wide})"
    if any(layer.attention.index_size for layer in architecture.layers):
        formula += " (without the indexer's scores, up to 0.5 GiB)"
    if not flash_attention:
        heads = max((layer.attention.heads for layer in architecture.layers), default=0)
        size += 4 * use.context * step * heads
        formula += f" + 4 B x {use.context} x {step} x {heads} heads (no flash attention)"
    return size, formula


def activations(architecture: Architecture) -> int:
    """Elements a token takes at most inside a layer, without its share of a context."""
    hidden = architecture.hidden
    return max((_activations(layer, hidden) for layer in architecture.layers), default=hidden)


def _activations(layer: Layer, hidden: int) -> int:
    mixer, block = layer.attention, layer.feed_forward
    if block.experts:
        inside = block.active_experts * max(2 * hidden, block.inner) + 6 * hidden
    else:
        inside = block.matrices * block.inner + 4 * hidden
    mixing = mixer.heads * 3 * mixer.key_size if mixer.kind == "mla" else 0
    return max(inside, mixing, 4 * hidden + 2 * (mixer.conv_size // 3))


def cache_formula(architecture: Architecture, use: Use) -> str:
    """The cache in words: equal layers together, each with its tokens and elements."""
    if not architecture.is_decoder:
        return "none: an encoder keeps nothing"
    groups: dict[str, int] = {}
    for layer in architecture.layers:
        text = _layer_formula(layer.attention, use)
        if text:
            groups[text] = groups.get(text, 0) + 1
    parts = [f"{count} layers x {text}" for text, count in list(groups.items())[:8]]
    more = f" + {len(groups) - 8} more kinds" if len(groups) > 8 else ""
    times = f"{use.sequences} sequences x (" if use.sequences > 1 else ""
    return f"{times}{' + '.join(parts) or 'none'}{more}{')' if times else ''}"


def _layer_formula(mixer: Attention, use: Use) -> str:
    parts = []
    entry = mixer.kv_heads * (mixer.key_size + mixer.value_size)
    if entry and mixer.has_cache:
        tokens = caches.tokens_kept(mixer.window, use)
        heads = f"{mixer.kv_heads} heads x ({mixer.key_size} + {mixer.value_size})"
        parts.append(f"{tokens} tokens x {heads} {use.cache_type}")
    if mixer.compression:
        parts.append(f"1 of {mixer.compression} tokens x {entry + mixer.index_size}")
    elif mixer.index_size:
        parts.append(f"{caches.tokens_kept(0, use)} tokens x {mixer.index_size} of the indexer")
    if mixer.state_size or mixer.conv_size:
        parts.append(f"a state of {mixer.state_size} + {mixer.conv_size}")
    return f"({' + '.join(parts)})" if len(parts) > 1 else "".join(parts)


def weights_of(architecture: Architecture, scheme: str) -> tuple[int, str]:
    """Bytes of the weights in a quantisation of BITS, for where no header tells them.

    Embeddings, head, towers and norms stay at 16 bits, as nearly all schemes keep them.
    """
    bits = BITS.get(scheme)
    if bits is None:
        raise BadRequest(f"No such quantisation: choose one of {', '.join(BITS)}")
    total = counts_of(architecture).total
    if bits >= 16:
        return round(total * bits / 8), f"{total} parameters x {bits:g} bits"
    kept = architecture.embedding_parameters + architecture.head_parameters
    kept += architecture.vision_parameters + architecture.other_parameters
    kept += sum(layer.other_parameters for layer in architecture.layers)
    size = round((total - kept) * bits / 8) + 2 * kept
    return size, f"{total - kept} parameters x {bits:g} bits + {kept} x 16 bits"
