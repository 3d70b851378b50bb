"""What a model is: family, sizes, quantisation, abilities, licence, where it comes from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hearthub.fit import lineage
from hearthub.fit.architecture import Architecture
from hearthub.fit.evaluations import Evaluation, evaluations
from hearthub.fit.lineage import Edge, Licence
from hearthub.fit.modality import Modality, modality
from hearthub.fit.model import Model, gguf_metadata
from hearthub.fit.readers.packing import quantization_of
from hearthub.fit.sizes import Sizes, sizes_of
from hearthub.fit.templates import Abilities, abilities
from hearthub.fit.weights import Checkpoint
from hearthub.fit.words import mapping, word, words

_MAX_BASES = 20
_MLX = "mlx"
_MODELOPT = "hf_quant_config.json"
_AS_TRAINED = (None, "FP32", "FP16", "BF16", "EMA", "NON_EMA")
"""Labels of variants that are no quantisation; a GGUF file counts as one, as on the Hub."""
_METHODS = {"bitsandbytes_4bit": "bitsandbytes", "bitsandbytes_8bit": "bitsandbytes"} | {
    "fbgemm_fp8": "fp8",
    "finegrained_fp8": "fp8",
    "compressed_tensors": "compressed-tensors",
    "intel/auto-round": "auto-round",
}


@dataclass(frozen=True)
class Quantization:
    label: str | None
    """As people call it: Q4_K_M, FP8, 4bit; None for weights as they were trained."""
    bits_per_weight: float | None
    """Bits of the tensors for each parameter, scales included; None where one is not known."""
    format: str | None
    """safetensors, gguf, torch, onnx, mlx; None where there are no weights."""
    method: str | None = None
    """`quant_method` of config.json."""


@dataclass(frozen=True)
class Identity:
    name: str
    architecture: str | None
    """`architectures[0]`, `general.architecture`, or the class of a pipeline."""
    family: str | None
    sizes: Sizes
    quantization: Quantization
    context_max: int | None
    modality: Modality
    abilities: Abilities | None
    """None where there is no chat template."""
    licences: tuple[Licence, ...]
    edges: tuple[Edge, ...]
    """Bases and teachers, each declared or inferred."""
    evaluations: tuple[Evaluation, ...]
    warnings: tuple[str, ...] = ()


def identify(
    model: Model, checkpoint: Checkpoint | None, architecture: Architecture | None
) -> Identity:
    parts = parts_of(model, checkpoint)
    task = model.task(checkpoint)
    results, warnings = evaluations(model.card, model.results)
    quantization = quantization_of_parts(model, checkpoint, parts)
    sizes = sizes_of(model.name, parts, architecture, is_adapter=bool(model.adapter))
    return Identity(
        name=model.name,
        architecture=architecture_name(model, checkpoint, architecture),
        family=(architecture.family or None) if architecture else None,
        sizes=sizes,
        quantization=quantization,
        context_max=context_of(model, architecture),
        modality=modality(model.config, model.pipeline, task),
        abilities=abilities(_template(model, checkpoint)),
        licences=tuple(_licences(model, checkpoint)),
        edges=tuple(_edges(model, checkpoint, quantization)),
        evaluations=tuple(results),
        warnings=(*(architecture.warnings if architecture else ()), *warnings),
    )


def parts_of(model: Model, checkpoint: Checkpoint | None) -> Sequence[Checkpoint]:
    """All components of a pipeline, else the checkpoint."""
    if model.contents.is_pipeline:
        return model.contents.checkpoints
    return [checkpoint] if checkpoint else []


def format_of(model: Model, checkpoint: Checkpoint | None) -> str | None:
    """That of the files, but `mlx` where the config says that MLX packed them."""
    if checkpoint and checkpoint.format == "safetensors":
        settings = mapping(model.contents.config().get("quantization"))
        return _MLX if "bits" in settings or "mode" in settings else "safetensors"
    return checkpoint.format if checkpoint else None


def quantization_of_parts(
    model: Model, checkpoint: Checkpoint | None, parts: Sequence[Checkpoint]
) -> Quantization:
    tensors = [tensor for part in parts for tensor in part.tensors]
    count = sum(tensor.parameters for tensor in tensors)
    size = sum(tensor.size for tensor in tensors)
    method = (word(quantization_of(model.contents.config()).get("quant_method")) or "").lower()
    if method.startswith("modelopt") or (not method and _MODELOPT in model.contents.configs):
        method = "modelopt"
    return Quantization(
        label=checkpoint.label if checkpoint else None,
        bits_per_weight=round(8 * size / count, 3) if count else None,
        format=format_of(model, checkpoint),
        method=_METHODS.get(method, method) or None,
    )


def architecture_name(
    model: Model, checkpoint: Checkpoint | None, architecture: Architecture | None
) -> str | None:
    if model.pipeline:
        return word(model.pipeline.get("_class_name"))
    if checkpoint and checkpoint.format == "gguf":
        return word(gguf_metadata(checkpoint).get("general.architecture"))
    if architecture and architecture.name:
        return word(architecture.name)
    return next(iter(words(model.config.get("architectures"))), None)


def context_of(model: Model, architecture: Architecture | None) -> int | None:
    """Tokens, of the config or header; of the tokenizer where neither tells."""
    if architecture and architecture.context_max:
        return architecture.context_max
    tokenizer = mapping(model.contents.configs.get("tokenizer_config.json"))
    stated = tokenizer.get("model_max_length")
    # transformers writes 10^30 for "no limit"
    return stated if type(stated) is int and 0 < stated < 2**31 else None


def _template(model: Model, checkpoint: Checkpoint | None) -> object:
    """llama.cpp uses the header's, the libraries a file before the tokenizer's config."""
    header = gguf_metadata(checkpoint).get("tokenizer.chat_template") if checkpoint else None
    if isinstance(header, str):
        return header
    tokenizer = mapping(model.contents.configs.get("tokenizer_config.json"))
    return model.template or tokenizer.get("chat_template")


def _licences(model: Model, checkpoint: Checkpoint | None) -> Sequence[Licence]:
    """The card's, else what a GGUF header says of itself."""
    if found := lineage.licences(model.card, model.tags):
        return found
    stated = gguf_metadata(checkpoint).get("general.license") if checkpoint else None
    return lineage.licences({"license": stated})


def _edges(
    model: Model, checkpoint: Checkpoint | None, quantization: Quantization
) -> Sequence[Edge]:
    metadata = gguf_metadata(checkpoint) if checkpoint else {}
    stated = words(model.card.get("base_model"))
    tags = words(model.card.get("tags"))
    kind = lineage.relation(
        model.card.get("base_model_relation"),
        len(stated),
        is_adapter=bool(model.adapter),
        is_merge="merge" in tags or "mergekit" in tags,
        is_quantized=quantization.label not in _AS_TRAINED or quantization.format == "gguf",
    )
    return lineage.edges(
        model.name,
        model.card,
        kind,
        body=model.body,
        tags=model.tags,
        adapter_base=model.adapter.get("base_model_name_or_path"),
        header_bases=list(_bases_of_header(metadata)),
    )


def _bases_of_header(metadata: Mapping[str, Any]) -> Sequence[str]:
    """`general.base_model.0.repo_url` ends with the repo."""
    found = []
    for index in range(_MAX_BASES):
        url = word(metadata.get(f"general.base_model.{index}.repo_url"), 500)
        if url is None:
            break
        parts = url.rstrip("/").split("/")
        if len(parts) >= 2 and all(parts[-2:]):
            found.append("/".join(parts[-2:]))
    return found
