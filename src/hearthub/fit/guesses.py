"""What a model probably is and needs, where its files are on another hub and nobody read them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hearthub.fit import memory as memories
from hearthub.fit.architecture import Architecture
from hearthub.fit.checkpoints import Contents
from hearthub.fit.commands import Subject
from hearthub.fit.commands.subject import Format
from hearthub.fit.identity import identify
from hearthub.fit.model import Model
from hearthub.fit.names import parse_name
from hearthub.fit.sizes import Sizes
from hearthub.fit.subjects import subject_of
from hearthub.fit.summary import Summary, bounded, described, loaders, memory_of, short
from hearthub.fit.wanted import DEFAULT_CONTEXT, Wanted
from hearthub.fit.workload import Workload

_GGUF_BITS = 4.9
"""Of an observed GGUF repo whose files are not known: nearly every one has a Q4_K_M."""
_USUAL_COMPUTE = 5 * 2**26
"""Bytes of the buffers of a step, where the vocabulary is not known: logits of 150,000 words."""
_WRITING = frozenset({"text-generation", "image-text-to-text", "text2text-generation"})
_SCHEMES = {
    "awq": "awq",
    "gptq": "gptq",
    "fp8": "fp8",
    "nvfp4": "nvfp4",
    "mxfp4": "mxfp4",
    "modelopt": "nvfp4",
    "bitsandbytes": "nf4",
    "compressed-tensors": "int4",
    "auto-round": "int4",
    "8-bit": "int8",
    "4-bit": "int4",
    "bnb": "nf4",
    "int8": "int8",
    "int4": "int4",
}
"""Words for a quantisation -> the scheme of `memory.BITS` that comes nearest."""


@dataclass(frozen=True)
class Known:
    """What is known of a repo without its files; words as its tags have them."""

    config: Mapping[str, Any] = field(default_factory=dict)
    total: int | None = None
    """Parameters, as somebody recorded them."""
    formats: Sequence[str] = ()
    quantization: str | None = None
    task: str | None = None
    tags: Sequence[str] = ()
    library: str | None = None
    base: str | None = None


def of_observed(name: str, known: Known) -> Summary:
    """Never raises, whatever strangers wrote."""
    configs = {"config.json": known.config} if known.config else {}
    card = {"pipeline_tag": known.task, "base_model": known.base, "library_name": known.library}
    model = Model(name, Contents((), False, configs), card=card, tags=tuple(known.tags))
    shape = model.architecture(None)
    identity = identify(model, None, shape)
    told = parse_name(name)
    form = _format(known)
    is_packed = bool(known.quantization or told.label or form in ("gguf", "mlx"))
    size, source = _size(identity.sizes, known.total, is_packed=is_packed)
    found = replace(
        described(identity, shape),
        confidence="config" if shape or source == "recorded" else "name",
        params_total=bounded(size),
        size_source=source,
        format=form,
        label=short(told.label),
    )
    if form or known.config:
        subject = subject_of(model, None, identity, shape, None)
        found = replace(found, apps=loaders(_without_files(subject, form, known)))
    if form == "adapter" or not found.params_total:
        return found
    words = (known.quantization, told.family, f"{told.bits}-bit")
    return _estimated(found, shape, known.task, words)


def _format(known: Known) -> Format | None:
    library = known.library
    if library == "peft":
        return "adapter"
    if library == "diffusers":
        return "diffusers"
    if library == "mlx" or "mlx" in known.tags:
        return "mlx"
    forms: tuple[tuple[str, Format], ...] = (
        ("safetensors", "safetensors"),
        ("gguf", "gguf"),
        ("pytorch", "torch"),
        ("onnx", "onnx"),
    )
    return next((form for word, form in forms if word in known.formats), None)


def _without_files(subject: Subject, form: Format | None, known: Known) -> Subject:
    """As if there were the files that the format has: which they are makes no difference."""
    subject = replace(
        subject, format=form or "safetensors", quantization=_method(known.quantization)
    )
    if form == "gguf":  # llama.cpp's own name of the architecture is not known
        return replace(subject, file="model.gguf", architecture=None)
    if form == "diffusers":
        marked = (
            tag.removeprefix("diffusers:") for tag in known.tags if tag.startswith("diffusers:")
        )
        return replace(subject, architecture=next(marked, None))
    return subject


def _method(quantization: str | None) -> str | None:
    """`quant_method` of a word of the tags; `4-bit` tells none."""
    return None if quantization is None or quantization.endswith("-bit") else quantization


def _size(sizes: Sizes, recorded: int | None, *, is_packed: bool) -> tuple[int | None, str | None]:
    """Parameters, and who says so.

    A total that another hub told counts packed weights as they lie in the file, several to a
    number: where a config or a name tells more, that is believed.
    """
    if not recorded or (is_packed and sizes.total and sizes.total > recorded):
        return sizes.total, sizes.source
    return recorded, "recorded"


def _estimated(
    found: Summary, shape: Architecture | None, task: str | None, words: Sequence[str | None]
) -> Summary:
    """With the memory that such a model usually needs; `words` tell the quantisation."""
    total = found.params_total or 0
    scheme = next((_SCHEMES[word] for word in words if word in _SCHEMES), "bf16")
    if found.format == "gguf":
        weights = round(total * _GGUF_BITS / 8)
    elif shape:
        weights = memories.weights_of(shape, scheme)[0]
    else:
        weights = round(total * memories.BITS[scheme] / 8)
    if shape:
        engine = "llama.cpp" if found.format == "gguf" else None
        need = memory_of(Workload(shape, weights), shape, engine)
        context = Wanted().context_for(shape.context_max) if shape.is_decoder else None
        return replace(found, need_bytes=bounded(need), context=context)
    need = weights + memories.GPU_OVERHEAD
    if task not in _WRITING and found.format != "gguf":
        return replace(found, need_bytes=bounded(need))
    need += DEFAULT_CONTEXT * usual_cache(total) + _USUAL_COMPUTE
    return replace(found, need_bytes=bounded(need), context=DEFAULT_CONTEXT)


def usual_cache(total: int) -> int:
    """Bytes that a token takes at 16 bits in a model of this size with grouped queries.

    A curve through Llama-3.1-8B (131,072), 70B (327,680) and Llama-3.2-1B (32,768).
    """
    return round(131_072 * math.sqrt(total / 8e9))
