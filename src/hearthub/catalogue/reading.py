"""Facts of a commit: its card, file names, configs, and the headers of its weights."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from hearthub.catalogue.facts import Facts, dataset_facts, model_facts, parameters, space_facts
from hearthub.registry import Entry, Registry, Repo, read_card

MAX_PATHS = 10_000
MAX_HEADERS = 2**24  # bytes of all safetensors headers of a repo
MAX_WEIGHT_FILES = 256


def read_facts(registry: Registry, repo: Repo, commit: str, region: str) -> Facts:
    entries = registry.tree(repo, commit, recursive=True, limit=MAX_PATHS)
    files = [entry for entry in entries if not entry.is_folder]
    paths = [entry.path for entry in files]
    card, body = read_card(registry.text(repo, commit, "README.md") or "")
    if repo.type == "dataset":
        return dataset_facts(paths, card, body, region)
    if repo.type == "space":
        return space_facts(card, repo.sdk, region, body=body)

    def read(path: str) -> dict[str, Any]:
        return _config(registry.text(repo, commit, path)) if path in names else {}

    names = set(paths)
    weights = [file for file in files if file.path.endswith(".safetensors")]
    safetensors = parameters(_headers(registry, repo, weights))
    return model_facts(
        paths,
        card,
        body,
        read("config.json"),
        region,
        safetensors,
        tokenizer=read("tokenizer_config.json"),
        model_index=read("model_index.json"),
    )


def _headers(registry: Registry, repo: Repo, files: Sequence[Entry]) -> Iterator[object]:
    """The header of each file; None for one that is malformed, or when there is too much.

    A file starts with the length of its header in 8 bytes, little-endian, then JSON.
    """
    left = MAX_HEADERS
    for file in files if len(files) <= MAX_WEIGHT_FILES else ():
        length = int.from_bytes(registry.read_range(repo, file, 0, 8), "little")
        if not 0 < length <= min(left, file.size - 8):
            yield None
            return
        left -= length
        try:  # orjson takes no number of a thousand digits and no lone surrogate
            yield orjson.loads(registry.read_range(repo, file, 8, 8 + length))
        except orjson.JSONDecodeError:
            yield None


def _config(text: str | None) -> dict[str, Any]:
    """A JSON object, or an empty one for whatever else a stranger wrote.

    Not strictly JSON: real configs (Mamba's) hold the Infinity that Python writes.
    """
    try:
        found = json.loads(text, parse_constant=lambda _: None) if text else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
