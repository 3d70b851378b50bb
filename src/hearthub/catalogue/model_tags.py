"""Tags, task and library of a model, in the Hub's order. Rules found on 20,000 public models.

1. library, formats, model type, the task of the architecture
2. the card's tags, the task the card names, `conversational`, `custom_code`
3. languages, data sets, papers, base models, DOI, licence
4. results, what serves it, quantisation, region
5. what only a GGUF file tells
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from hearthub.catalogue import model_files, quantization
from hearthub.catalogue.known import TASKS
from hearthub.catalogue.values import mappings, text, texts
from hearthub.fit import relation, task_of_config, task_of_library

# Cards say `text2text-generation`, which is no task of the Hub any more: it stays a tag.
RETIRED = {"text2text-generation": "text-generation"}
_CHATS = {"text-generation", "image-text-to-text"}
_PAPER = re.compile(
    r"(?:arxiv\.org/(?:abs|pdf)|(?:huggingface\.co|hf\.co)/papers)/(\d{4}\.\d{4,5})", re.ASCII
)
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"'<>]{1,150}", re.ASCII)
_MAX_PAPERS = 100
# A library that the card's tags name, when `library_name` is silent; the first that is there.
_LIBRARY_TAGS = ("sentence-transformers", "diffusers", "mlx", "transformers", "peft")

# Model types that text-generation-inference and text-embeddings-inference serve.
_GENERATION_TYPES = frozenset(
    """
    baichuan bloom cohere dbrx deepseek_v2 deepseek_v3 falcon gemma gemma2 gemma3 gemma3_text gpt2
    gpt_bigcode gpt_neox idefics idefics2 idefics3 llama llama4 llava_next mistral mixtral mllama
    mpt opt paligemma phi phi3 qwen2 qwen2_5_vl qwen2_vl qwen3 santacoder starcoder2 t5
    """.split()
)
_GENERATION_TASKS = {"text-generation", "image-text-to-text", "text2text-generation"}
_EMBEDDING_TYPES = frozenset(
    """
    bert camembert deberta-v2 distilbert gemma3_text llama mistral modernbert mpnet new nomic_bert
    qwen2 qwen3 roberta xlm-roberta
    """.split()
)
_EMBEDDING_TASKS = {"feature-extraction", "sentence-similarity", "text-classification"} | {
    "text-ranking"
}
_LOADABLE = {"transformers", "sentence-transformers"}


@dataclass(frozen=True)
class Model:
    """What a model's repo holds; everything in it was written by a stranger."""

    paths: Sequence[str]
    card: Mapping[str, Any]
    body: str
    config: Mapping[str, Any]
    safetensors: Mapping[str, Any] | None = None
    tokenizer: Mapping[str, Any] = field(default_factory=dict)  # tokenizer_config.json
    model_index: Mapping[str, Any] = field(default_factory=dict)  # of diffusers
    gguf: Mapping[str, Any] = field(default_factory=dict)  # `architecture`, `chat_template`


@dataclass(frozen=True)
class Described:
    tags: list[str]
    library: str | None
    task: str | None
    base_models: list[str]
    relation: str | None
    formats: list[str]


def describe(model: Model, region: str) -> Described:
    card, config = model.card, model.config
    formats = model_files.formats(model.paths)
    library = library_of(model, formats)
    inferred = task_of_config(config) if library != "gguf" else None
    bases = texts(card.get("base_model"))
    relation = relation_of(model, library, formats) if bases else None
    serving = _serving(model, library, inferred)
    task = task_of(model, library, inferred)
    chats = _CHATS.intersection({inferred, task}) and _has_template(model)
    tags = [
        *_some(library, *formats, text(config.get("model_type")), inferred),
        *texts(card.get("tags")),
        *_some(text(card.get("pipeline_tag"))),
        *(["conversational"] if chats else []),
        *(["custom_code"] if config.get("auto_map") else []),
        *languages(card),
        *(f"dataset:{name}" for name in texts(card.get("datasets"))),
        *(f"arxiv:{number}" for number in papers(model.body)),
        *_base_tags(bases, relation),
        *(f"doi:{name}" for name in _some(doi(card))),
        *(f"license:{name}" for name in texts(card.get("license"))),
        *(["model-index"] if has_results(card) else []),
        *(["eval-results"] if model_files.has_eval_results(model.paths) else []),
        *(["co2_eq_emissions"] if card.get("co2_eq_emissions") else []),
        *serving,
        *(["endpoints_compatible"] if _deployable(model, library, serving, formats) else []),
        *(f"diffusers:{name}" for name in _some(text(model.model_index.get("_class_name")))),
        *quantization.words(config, model.safetensors),
        f"region:{region}",
        *_gguf_tags(model, formats),
    ]
    return Described(tags, library, task, bases, relation, formats)


def library_of(model: Model, formats: Sequence[str]) -> str | None:
    """What the card says, else a tag of it that is a library, else what the files say."""
    if declared := text(model.card.get("library_name")):
        return declared
    tagged = set(texts(model.card.get("tags")))
    named = next((name for name in _LIBRARY_TAGS if name in tagged), None)
    found = model_files.library(model.paths, model.config, formats)
    return named if found in {None, "transformers", "gguf"} and named else found


def task_of(model: Model, library: str | None, inferred: str | None) -> str | None:
    """What the card says, else a tag of it that is a task, else what config or library imply."""
    if declared := text(model.card.get("pipeline_tag")):
        return RETIRED.get(declared, declared)
    tagged = set(texts(model.card.get("tags")))
    if tasks := sorted(tag for tag in tagged if tag in TASKS):
        return tasks[0]
    implied = inferred or task_of_library(library, model.model_index)
    return None if implied in RETIRED else implied


def relation_of(model: Model, library: str | None, formats: Sequence[str]) -> str:
    """How a model came from its bases: the rule is fit's, the signs are ours."""
    peft = library in {"peft", "adapter-transformers"} or "adapter_config.json" in model.paths
    quantized = (
        {"gguf", "onnx", "openvino"}.intersection(formats)
        or quantization.words(model.config, model.safetensors)
        or "quantization" in model.config
    )
    kind, _ = relation(
        text(model.card.get("base_model_relation")),
        len(texts(model.card.get("base_model"))),
        is_adapter=peft,
        is_merge="merge" in texts(model.card.get("tags")),
        is_quantized=bool(quantized),
    )
    return kind


def papers(body: str) -> list[str]:
    """The arXiv numbers of papers that a text links to."""
    found = (match[1] for match in islice(_PAPER.finditer(body), 10 * _MAX_PAPERS))
    return list(dict.fromkeys(found))[:_MAX_PAPERS]


def doi(card: Mapping[str, Any]) -> str | None:
    """The DOI that a card gives its repo: `10.57967/hf/2493`, with or without the resolver."""
    found = _DOI.search(text(card.get("doi")) or "")
    return found[0] if found else None


def has_results(card: Mapping[str, Any]) -> bool:
    """A `model-index` with results in it: tools write empty ones too."""
    return any(entry.get("results") for entry in mappings(card.get("model-index")))


def languages(card: Mapping[str, Any]) -> list[str]:
    """The codes as they stand; `\\no` is how some keep YAML from reading Norwegian as false."""
    return [code.removeprefix("\\") for code in texts(card.get("language"))]


def _some(*values: str | None) -> list[str]:
    return [value for value in values if value]


def _base_tags(bases: Sequence[str], relation: str | None) -> Iterable[str]:
    for name in bases:
        yield f"base_model:{name}"
        yield f"base_model:{relation}:{name}"


def _has_template(model: Model) -> bool:
    holders = (model.config, model.tokenizer)
    return any(holder.get("chat_template") for holder in holders) or (
        model_files.has_chat_template(model.paths)
    )


def _serving(model: Model, library: str | None, inferred: str | None) -> list[str]:
    """The inference server that loads such a model."""
    kind = text(model.config.get("model_type"))
    if library == "transformers" and kind in _GENERATION_TYPES and inferred in _GENERATION_TASKS:
        return ["text-generation-inference"]
    embeds = inferred in _EMBEDDING_TASKS or library == "sentence-transformers"
    if library not in _LOADABLE or kind not in _EMBEDDING_TYPES or not embeds:
        return []
    return ["text-embeddings-inference"] if "tokenizer.json" in model.paths else []


def _deployable(
    model: Model, library: str | None, serving: Sequence[str], formats: Sequence[str]
) -> bool:
    """What a server loads without code of the repo's, unless the card asks for none."""
    if model.card.get("inference") is False:
        return False
    if serving or "gguf" in formats:
        return True
    known = library in _LOADABLE and "config.json" in model.paths
    return known and not model.config.get("auto_map")


def _gguf_tags(model: Model, formats: Sequence[str]) -> list[str]:
    if "gguf" not in formats:
        return []
    matrix = quantization.has_importance_matrix(model.paths)
    chats = model.gguf.get("chat_template") or _has_template(model)
    return [*(["imatrix"] if matrix else []), *(["conversational"] if chats else [])]
