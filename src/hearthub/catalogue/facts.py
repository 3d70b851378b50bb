"""From a commit's card, file names and `config.json` to tags, task and library. Pure functions.

Rules after what the public Hub shows: plain tags first as they stand, typed ones with a prefix.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

# File that gives a library away when the card is silent; the first that is there decides.
LIBRARY_FILES = {
    "adapter_config.json": "peft",
    "model_index.json": "diffusers",
    "modules.json": "sentence-transformers",
    "open_clip_config.json": "open_clip",
    "config.json": "transformers",
}
FORMATS = {
    ".safetensors": "safetensors",
    ".gguf": "gguf",
    ".onnx": "onnx",
    ".h5": "tf",
    ".msgpack": "jax",
    ".tflite": "tflite",
    ".mlmodel": "coreml",
    ".mlpackage": "coreml",
}
FORMAT_FILES = {"pytorch_model.bin": "pytorch", "openvino_model.xml": "openvino"}
ARCHITECTURE_TASKS = (
    ("ForCausalLM", "text-generation"),
    ("LMHeadModel", "text-generation"),
    ("ForSequenceClassification", "text-classification"),
    ("ForTokenClassification", "token-classification"),
    ("ForQuestionAnswering", "question-answering"),
    ("ForMaskedLM", "fill-mask"),
    ("ForMultipleChoice", "multiple-choice"),
    ("ForImageClassification", "image-classification"),
    ("ForObjectDetection", "object-detection"),
    ("ForSemanticSegmentation", "image-segmentation"),
    ("ForAudioClassification", "audio-classification"),
    ("ForCTC", "automatic-speech-recognition"),
    ("ForSpeechSeq2Seq", "automatic-speech-recognition"),
    ("ForTextToWaveform", "text-to-audio"),
)
DATASET_FORMATS = {
    ".parquet": "parquet",
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "json",
    ".jsonl": "json",
    ".txt": "text",
    ".arrow": "arrow",
    ".tar": "webdataset",
}
TYPED = {  # card key -> tag prefix, for datasets
    "task_categories": "task_categories",
    "task_ids": "task_ids",
    "annotations_creators": "annotations_creators",
    "language_creators": "language_creators",
    "multilinguality": "multilinguality",
    "source_datasets": "source_datasets",
    "language": "language",
    "license": "license",
    "size_categories": "size_categories",
}
# The dtypes of the format so far: BOOL, U8, F8_E4M3, F6_E2M3, F4, BF16, C64...
_DTYPE = re.compile(r"[A-Z][A-Z0-9_]{0,19}", re.ASCII)
_ARXIV = re.compile(r"arxiv\.org/(?:abs|pdf)/(\d{4}\.\d{4,5})", re.ASCII)
_MAX_TAGS = 500
_MAX_PARAMETERS = 2**60
_MAX_TENSORS = 200_000  # the largest open checkpoints have half of that
_MAX_DIMENSIONS = 64
_MAX_DTYPES = 32


@dataclass(frozen=True)
class Facts:
    """Derived from one commit; JSON all through. Empty where nothing is known."""

    tags: list[str] = field(default_factory=list)
    card: dict[str, Any] = field(default_factory=dict)
    library: str | None = None
    pipeline_tag: str | None = None
    config: dict[str, Any] = field(default_factory=dict)
    base_models: list[str] = field(default_factory=list)
    relation: str | None = None
    safetensors: dict[str, Any] | None = None
    models: list[str] = field(default_factory=list)
    datasets: list[str] = field(default_factory=list)

    def to_json(self) -> str:
        return json.dumps(vars(self))

    @classmethod
    def from_json(cls, text: str) -> "Facts":
        """Also from what another version wrote: it may know fields that we do not."""
        values = json.loads(text)
        return cls(**{name: values[name] for name in cls.__dataclass_fields__ if name in values})


def model_facts(
    paths: Sequence[str],
    card: Mapping[str, Any],
    body: str,
    config: Mapping[str, Any],
    region: str,
    safetensors: dict[str, Any] | None,
) -> Facts:
    library = _text(card.get("library_name")) or _library(paths, config)
    pipeline = _text(card.get("pipeline_tag")) or _task(config)
    base_models = texts(card.get("base_model"))
    relation = _relation(card, paths) if base_models else None
    shown = _shown_config(config)
    tags = [
        *([library] if library else []),
        *_formats(paths),
        *([shown["model_type"]] if "model_type" in shown else []),
        *([pipeline] if pipeline else []),
        *texts(card.get("tags")),
        *(["conversational"] if "chat_template" in shown else []),
        *texts(card.get("language")),
        *(f"dataset:{name}" for name in texts(card.get("datasets"))),
        *(f"arxiv:{number}" for number in _ARXIV.findall(body)),
        *(f"base_model:{name}" for name in base_models),
        *(f"base_model:{relation}:{name}" for name in base_models if relation),
        *(f"license:{name}" for name in texts(card.get("license"))),
        *(["model-index"] if card.get("model-index") else []),
        *(["custom_code"] if config.get("auto_map") else []),
        f"region:{region}",
    ]
    return Facts(
        tags=_unique(tags),
        card=dict(card),
        library=library,
        pipeline_tag=pipeline,
        config=shown,
        base_models=base_models,
        relation=relation,
        safetensors=safetensors,
        datasets=texts(card.get("datasets")),
    )


def dataset_facts(paths: Sequence[str], card: Mapping[str, Any], body: str, region: str) -> Facts:
    tags = [f"{prefix}:{x}" for key, prefix in TYPED.items() for x in texts(card.get(key))]
    suffixes = {_suffix(path) for path in paths}
    formats = [kind for suffix, kind in DATASET_FORMATS.items() if suffix in suffixes]
    tags += [f"format:{kind}" for kind in _unique(formats)[:1]]
    tags += [f"arxiv:{number}" for number in _ARXIV.findall(body)]
    tags += [f"region:{region}", *texts(card.get("tags"))]
    return Facts(tags=_unique(tags), card=dict(card))


def space_facts(card: Mapping[str, Any], sdk: str | None, region: str) -> Facts:
    sdk = sdk or _text(card.get("sdk"))
    tags = [*([sdk] if sdk else []), *texts(card.get("tags")), f"region:{region}"]
    return Facts(
        tags=_unique(tags),
        card=dict(card),
        models=texts(card.get("models")),
        datasets=texts(card.get("datasets")),
    )


def texts(value: object) -> list[str]:
    """A card's value as a list of short texts, whether it was one text or a list."""
    values = value if isinstance(value, list) else [value]
    return [text for item in values if (text := _text(item))][:_MAX_TAGS]


def parameters(headers: Iterable[object]) -> dict[str, Any] | None:
    """Parameters by dtype and in total, from safetensors headers (shape times shape).

    None when there are none, and when any header is not as the format wants it: what is left out
    of a sum makes it wrong. https://huggingface.co/docs/safetensors/index#format
    """
    by_dtype: dict[str, int] = {}
    tensors = 0
    for header in headers:
        if not isinstance(header, dict):
            return None
        tensors += len(header)
        if tensors > _MAX_TENSORS:
            return None
        for name, tensor in header.items():
            if name == "__metadata__":
                continue
            found = _tensor(tensor)
            if found is None:
                return None
            dtype, count = found
            by_dtype[dtype] = by_dtype.get(dtype, 0) + count
    total = sum(by_dtype.values())
    if not by_dtype or len(by_dtype) > _MAX_DTYPES or total > _MAX_PARAMETERS:
        return None
    return {"parameters": by_dtype, "total": total}


def _tensor(tensor: object) -> tuple[str, int] | None:
    """The dtype and the number of parameters of one tensor, None when it is none."""
    if not isinstance(tensor, dict):
        return None
    dtype, shape = tensor.get("dtype"), tensor.get("shape")
    if not isinstance(dtype, str) or not _DTYPE.fullmatch(dtype):
        return None
    if not isinstance(shape, list) or len(shape) > _MAX_DIMENSIONS:
        return None
    count = 1
    for dimension in shape:
        if type(dimension) is not int or not 0 <= dimension <= _MAX_PARAMETERS:  # True is an int
            return None
        count *= dimension
        if count > _MAX_PARAMETERS:  # now: a product of large numbers costs minutes
            return None
    return dtype, count


def _library(paths: Sequence[str], config: Mapping[str, Any]) -> str | None:
    names = set(paths)
    for file, library in LIBRARY_FILES.items():
        if file in names:
            is_mlx = library == "transformers" and "quantization" in config
            return "mlx" if is_mlx else library
    return "gguf" if any(path.endswith(".gguf") for path in paths) else None


def _task(config: Mapping[str, Any]) -> str | None:
    for architecture in texts(config.get("architectures")):
        if architecture.endswith("ForConditionalGeneration"):
            return "image-text-to-text" if "vision_config" in config else "text2text-generation"
        for ending, task in ARCHITECTURE_TASKS:
            if architecture.endswith(ending):
                return task
    return None


def _relation(card: Mapping[str, Any], paths: Sequence[str]) -> str:
    declared = _text(card.get("base_model_relation"))
    if declared in {"finetune", "adapter", "merge", "quantized"}:
        return declared
    if "adapter_config.json" in paths:
        return "adapter"
    if len(texts(card.get("base_model"))) > 1:
        return "merge"
    return "quantized" if any(path.endswith(".gguf") for path in paths) else "finetune"


def _formats(paths: Sequence[str]) -> list[str]:
    suffixes = {_suffix(path) for path in paths}
    names = {path.rpartition("/")[2] for path in paths}
    found = [kind for name, kind in FORMAT_FILES.items() if name in names]
    return found + [kind for suffix, kind in FORMATS.items() if suffix in suffixes]


def _shown_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """The few keys of `config.json` that info answers carry."""
    shown: dict[str, Any] = {}
    if architectures := texts(config.get("architectures")):
        shown["architectures"] = architectures
    if model_type := _text(config.get("model_type")):
        shown["model_type"] = model_type
    if template := _text(config.get("chat_template"), 100_000):
        shown["chat_template"] = template
    return shown


def _text(value: object, limit: int = 200) -> str | None:
    """A short text that any JSON or HTML can carry, from whatever a stranger wrote."""
    if isinstance(value, int) and (isinstance(value, bool) or abs(value) >= 2**63):
        return None  # the digits of a large number cost minutes
    if not isinstance(value, (str, int, float)):
        return None
    text = str(value).strip()
    if not 0 < len(text) <= limit:
        return None
    return text.replace("\0", "").encode(errors="replace").decode() or None  # lone surrogates


def _suffix(path: str) -> str:
    name = path.rpartition("/")[2]
    return name[name.rindex(".") :].lower() if "." in name else ""


def _unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))[:_MAX_TAGS]
