"""What is known of one commit, and how it is read from its card, its file names and its config.

Pure functions: the door reads the files, the rules stand in `model_tags`, `dataset_tags` and
`space_tags`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from hearthub.catalogue import quantization
from hearthub.catalogue.auto_classes import transformers_info
from hearthub.catalogue.dataset_tags import dataset_tags
from hearthub.catalogue.model_tags import Model, describe, doi, languages
from hearthub.catalogue.space_tags import space_tags
from hearthub.catalogue.values import count, text, texts, unique
from hearthub.catalogue.words import card_text, description

__all__ = ["Facts", "dataset_facts", "model_facts", "space_facts", "texts"]


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
    gguf: dict[str, Any] | None = None
    transformers: dict[str, Any] | None = None  # auto_model, custom_class, pipeline_tag, processor
    models: list[str] = field(default_factory=list)
    datasets: list[str] = field(default_factory=list)
    licenses: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    formats: list[str] = field(default_factory=list)  # safetensors, gguf; of data sets parquet
    quantization: str | None = None  # awq, fp8, 4-bit
    parameters_total: int | None = None
    doi: str | None = None
    card_text: str = ""  # plain words of the card, at most 2,000 characters; not HTML
    description: str = ""  # the first 300 of them
    fit: dict[str, Any] | None = None  # of a model: a Summary of hearthub.fit
    weighed: bool = False  # whether all headers of its weights that count are in these facts

    def to_json(self) -> str:
        values = {name: value for name, value in vars(self).items() if value}
        try:
            return orjson.dumps(values).decode()
        except TypeError:  # numbers beyond 64 bits and lone surrogates
            return json.dumps(values)

    @classmethod
    def from_json(cls, text: str) -> "Facts":
        """Also from what another version wrote: it may know fields that we do not."""
        try:
            values = orjson.loads(text)
        except orjson.JSONDecodeError:  # it takes no NaN and no number beyond 64 bits
            values = json.loads(text)
        return cls(**{name: values[name] for name in cls.__dataclass_fields__ if name in values})


def model_facts(
    paths: Sequence[str],
    card: Mapping[str, Any],
    body: str,
    config: Mapping[str, Any],
    region: str,
    safetensors: dict[str, Any] | None,
    *,
    tokenizer: Mapping[str, Any] | None = None,
    model_index: Mapping[str, Any] | None = None,
    gguf: Mapping[str, Any] | None = None,
) -> Facts:
    """Facts of a model.

    `tokenizer` is `tokenizer_config.json` (does it have a chat template), `model_index` is
    `model_index.json` of diffusers (which pipeline), `gguf` has the `chat_template` of a GGUF file.
    """
    model = Model(
        paths, card, body, config, safetensors, tokenizer or {}, model_index or {}, gguf or {}
    )
    found = describe(model, region)
    return Facts(
        tags=unique(found.tags),
        library=found.library,
        pipeline_tag=found.task,
        config=_shown_config(config),
        base_models=found.base_models,
        relation=found.relation,
        safetensors=safetensors,
        gguf=dict(gguf) if gguf else None,
        transformers=transformers_info(config) if found.library == "transformers" else None,
        datasets=texts(card.get("datasets")),
        formats=found.formats,
        quantization=quantization.label(config, safetensors),
        parameters_total=count((safetensors or {}).get("total")),
        **_of_card(card, body),
    )


def dataset_facts(paths: Sequence[str], card: Mapping[str, Any], body: str, region: str) -> Facts:
    tags, formats = dataset_tags(paths, card, body, region)
    return Facts(tags=tags, formats=formats, **_of_card(card, body))


def space_facts(card: Mapping[str, Any], sdk: str | None, region: str, *, body: str = "") -> Facts:
    return Facts(
        tags=space_tags(card, sdk, region),
        models=texts(card.get("models")),
        datasets=texts(card.get("datasets")),
        **_of_card(card, body),
    )


def _of_card(card: Mapping[str, Any], body: str) -> dict[str, Any]:
    """What every kind of repo has of its card."""
    words = card_text(body)
    return {
        "card": dict(card),
        "licenses": texts(card.get("license")),
        "languages": languages(card),
        "doi": doi(card),
        "card_text": words,
        "description": description(words),
    }


def _shown_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """The few keys of `config.json` that info answers carry."""
    shown: dict[str, Any] = {}
    if architectures := texts(config.get("architectures")):
        shown["architectures"] = architectures
    if model_type := text(config.get("model_type")):
        shown["model_type"] = model_type
    if template := text(config.get("chat_template"), 100_000, keep="\n\r\t"):
        shown["chat_template"] = template
    return shown
