"""Facts of a commit: its card, file names, configs, and the headers of its weights."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from hearthub.catalogue.facts import Facts, dataset_facts, model_facts, space_facts
from hearthub.catalogue.headers import HeaderReader, NotRead
from hearthub.errors import HearthubError
from hearthub.fit.checkpoints import Contents, contents
from hearthub.fit.guesses import of_observed
from hearthub.fit.hosted import HostedModel
from hearthub.fit.hub_fields import gguf_field, safetensors_field
from hearthub.fit.model import Model
from hearthub.fit.sources import Source, SourceFile
from hearthub.fit.summary import Summary, of_model
from hearthub.fit.weight_names import format_of
from hearthub.registry import Registry, Repo, read_card

QUICK = frozenset({"safetensors"})
"""Formats whose headers are short enough to be read while somebody waits."""
QUICK_BUDGET = 2**24
"""Bytes of configs and headers that are read then."""
BUDGET = 2**26
"""Later. Of a repo with thirty GGUF files of 15 MB of vocabulary some are read, the preferred
first; of the others the size is enough."""
_ALIKE = ("safetensors", "gguf")


def read_facts(
    registry: Registry, repo: Repo, commit: str, region: str, reader: HeaderReader, budget: int
) -> Facts:
    """Facts that `weighed` says are whole when every header that counts was read."""
    source = HostedModel(registry, repo, commit, budget=budget)
    paths = [file.path for file in source.files()]
    card, body = read_card(registry.text(repo, commit, "README.md") or "")
    if repo.type == "dataset":
        return dataset_facts(paths, card, body, region)
    if repo.type == "space":
        return space_facts(card, repo.sdk, region, body=body)

    def read(path: str) -> dict[str, Any]:
        return _config(registry.text(repo, commit, path)) if path in names else {}

    names = set(paths)
    config = read("config.json")
    held, is_whole = _contents(source, reader)
    facts = model_facts(
        paths,
        card,
        body,
        config,
        region,
        safetensors_field(held) if held else None,
        tokenizer=read("tokenizer_config.json"),
        model_index=read("model_index.json"),
        gguf=gguf_field(held) if held else None,
    )
    summary = _summary(repo.full_name, facts, config, held)
    return replace(facts, fit=summary.to_json(), weighed=is_whole)


def guess(full_name: str, facts: Facts, config: dict[str, Any]) -> Summary:
    """From what is known without the files."""
    gguf, recorded = facts.gguf or {}, facts.parameters_total
    return of_observed(
        full_name,
        config,
        total=recorded or gguf.get("total"),
        formats=facts.formats,
        quantization=facts.quantization,
        task=facts.pipeline_tag,
        tags=facts.tags,
        library=facts.library,
        base=next(iter(facts.base_models), None),
    )


def _summary(
    full_name: str, facts: Facts, config: dict[str, Any], held: Contents | None
) -> Summary:
    if held is None or not held.checkpoints:
        return guess(full_name, facts, config)
    card = {**facts.card, "pipeline_tag": facts.pipeline_tag}
    return of_model(Model(full_name, held, card=card, tags=tuple(facts.tags)))


def _contents(source: HostedModel, reader: HeaderReader) -> tuple[Contents | None, bool]:
    """What is there, as far as it is read now; and whether that is all that will ever be known."""
    try:
        found = contents(source, reader)
    except NotRead:
        return _quick(source, reader), False
    except HearthubError:  # there are no weights, or all of them are malformed
        return None, True
    return (None, False) if _is_cut(found) else (found, True)


def _quick(source: HostedModel, reader: HeaderReader) -> Contents | None:
    try:
        found = contents(_Quick(source), reader)
    except HearthubError:
        return None
    return None if _is_cut(found) else found


def _is_cut(found: Contents) -> bool:
    """Whether the preferred weights were too many to be read: what is left out of a sum makes it
    wrong."""
    parts = found.checkpoints if found.is_pipeline else found.checkpoints[:1]
    files = (file for part in parts for file in part.files)
    return any(not it.tensors and it.warnings for it in files if it.format in _ALIKE)


@dataclass(frozen=True)
class _Quick:
    """A source without the weights that take long to read."""

    source: Source

    @property
    def parallel(self) -> int:
        return self.source.parallel

    @property
    def budget(self) -> int:
        return self.source.budget

    def files(self) -> Sequence[SourceFile]:
        return [it for it in self.source.files() if format_of(it.path) in (None, *QUICK)]

    def read(self, file: SourceFile, start: int, end: int) -> bytes:
        return self.source.read(file, start, end)


def _config(text: str | None) -> dict[str, Any]:
    """A JSON object, or an empty one for whatever else a stranger wrote.

    Not strictly JSON: real configs (Mamba's) hold the Infinity that Python writes.
    """
    try:
        found = json.loads(text, parse_constant=lambda _: None) if text else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
