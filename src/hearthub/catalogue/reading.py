"""Facts of a commit: its card, file names, configs, and the headers of its weights."""

import json
from dataclasses import replace
from typing import Any

from hearthub.catalogue.facts import Facts, dataset_facts, model_facts, space_facts
from hearthub.fit import KeptReader, Known, read_weights
from hearthub.registry import Registry, Repo, read_card

MAX_PATHS = 10_000


def read_facts(
    registry: Registry, repo: Repo, commit: str, region: str, reader: KeptReader
) -> Facts:
    """Facts that `weighed` says are whole when every header that counts was read."""
    entries = registry.tree(repo, commit, recursive=True, limit=MAX_PATHS)
    paths = [entry.path for entry in entries if entry.is_file]
    card, body = read_card(registry.text(repo, commit, "README.md") or "")
    if repo.type == "dataset":
        return dataset_facts(paths, card, body, region)
    if repo.type == "space":
        return space_facts(card, repo.sdk, region, body=body)

    def read(path: str) -> dict[str, Any]:
        return _config(registry.text(repo, commit, path)) if path in names else {}

    names = set(paths)
    config = read("config.json")
    weights = read_weights(registry, repo, commit, reader)
    facts = model_facts(
        paths,
        card,
        body,
        config,
        region,
        weights.safetensors,
        tokenizer=read("tokenizer_config.json"),
        model_index=read("model_index.json"),
        gguf=weights.gguf,
    )
    summary = weights.summary(repo.full_name, card, known_of(facts, config))
    return replace(facts, fit=summary.to_json(), weighed=weights.is_whole)


def known_of(facts: Facts, config: dict[str, Any]) -> Known:
    """What of these tells about a model's size."""
    return Known(
        config=config,
        total=facts.parameters_total or (facts.gguf or {}).get("total"),
        formats=facts.formats,
        quantization=facts.quantization,
        task=facts.pipeline_tag,
        tags=facts.tags,
        library=facts.library,
        base=next(iter(facts.base_models), None),
    )


def _config(text: str | None) -> dict[str, Any]:
    """A JSON object, or an empty one for whatever else a stranger wrote.

    Not strictly JSON: real configs (Mamba's) hold the Infinity that Python writes.
    """
    try:
        found = json.loads(text, parse_constant=lambda _: None) if text else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
