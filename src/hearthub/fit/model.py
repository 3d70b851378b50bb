"""A model as its files, configs and card describe it: what is read, with nothing worked out."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from hearthub.errors import BadRequest, EntryNotFound, HearthubError
from hearthub.fit import configs, gguf_keys
from hearthub.fit.architecture import Architecture
from hearthub.fit.checkpoints import Contents, Read, contents
from hearthub.fit.commands.known_servers import LLAMA_CPP
from hearthub.fit.readers import read
from hearthub.fit.sources import Source, SourceFile
from hearthub.fit.tasks import task_of_config, task_of_library
from hearthub.fit.weights import Checkpoint, WeightFile
from hearthub.fit.words import mapping, word, words
from hearthub.registry import read_card

MAX_TEXT = 2**20  # bytes of a card, a template, a file of results
MAX_RESULT_FILES = 50
_TEMPLATES = ("chat_template.jinja", "chat_template.json")


@dataclass(frozen=True)
class Model:
    """What one repo, folder or file holds. Every text in it was written by a stranger."""

    name: str
    """The repo's id, or the path that was asked for."""
    contents: Contents
    card: Mapping[str, Any] = field(default_factory=dict)
    body: str = ""
    """The card's text."""
    template: object = None
    """The chat template where it is a file of its own."""
    results: Mapping[str, str] = field(default_factory=dict)
    """Texts of `.eval_results/` by path."""
    tags: tuple[str, ...] = ()
    """Of another hub, which knows what the files do not say."""
    folder: str | None = None
    """Where it lies on this machine; None for a repo."""
    revision: str | None = None
    """Of a repo, as it was asked for."""

    @property
    def is_local(self) -> bool:
        return self.folder is not None

    def checkpoint(self, file: str | None = None) -> Checkpoint | None:
        """The preferred one, or the one that `file` belongs to; None where there are no weights.

        `file` may be a path of the repo, its last part, or a label such as Q4_K_M. Raises
        EntryNotFound, with the names there are.
        """
        found = self.contents.checkpoints
        if file is None:
            return found[0] if found else None
        for matches in (_has_path, _has_name, _has_label):
            for each in found:
                if matches(each, file):
                    return each
        names = [word(each.label or each.name) or "one without a name" for each in found[:12]]
        there = ", ".join(names) or "none"
        raise EntryNotFound(f"{self.name} has no weights {file!r}; there are: {there}")

    def architecture(self, checkpoint: Checkpoint | None) -> Architecture | None:
        """The shape of the text model, None where neither a config nor a header tells one."""
        try:
            if checkpoint and checkpoint.format == "gguf":
                found = gguf_keys.architecture_of(gguf_metadata(checkpoint))
                return replace(found, head_parameters=0) if _is_tied(checkpoint) else found
            config = self.config
            return configs.architecture_of(config) if config else None
        except BadRequest:
            return None

    @cached_property
    def config(self) -> Mapping[str, Any]:
        """config.json; of an adapter and a pipeline there is none."""
        return {} if self.adapter or self.contents.is_pipeline else self.contents.config()

    @cached_property
    def adapter(self) -> Mapping[str, Any]:
        """adapter_config.json, empty where it is no adapter."""
        return mapping(self.contents.configs.get("adapter_config.json"))

    @cached_property
    def pipeline(self) -> Mapping[str, Any]:
        """model_index.json, empty where it is no pipeline of diffusers."""
        return mapping(self.contents.configs.get("model_index.json"))

    @cached_property
    def base(self) -> str | None:
        """The model that an adapter is loaded on, or that a quantised one was made of."""
        stated = word(self.adapter.get("base_model_name_or_path"))
        return stated or next(iter(words(self.card.get("base_model"))), None)

    def task(self, checkpoint: Checkpoint | None) -> str | None:
        """The Hub's name of what it does: the card's, else from its classes and files."""
        if stated := word(self.card.get("pipeline_tag")) or task_of_config(self.config):
            return stated
        if self.pipeline:
            return task_of_library("diffusers", self.pipeline)
        if self.adapter:
            return "text-generation" if self.adapter.get("task_type") == "CAUSAL_LM" else None
        if checkpoint and checkpoint.format == "gguf":
            return _task_of_gguf(gguf_metadata(checkpoint), bool(checkpoint.sidecars))
        return task_of_library(word(self.card.get("library_name")), {})


def read_model(
    source: Source,
    name: str,
    reader: Read = read,
    tags: Sequence[str] = (),
    *,
    folder: str | None = None,
    revision: str | None = None,
) -> Model:
    """Read what is there, headers by `reader`. Raises EntryNotFound where there is neither a
    config nor weights, BadRequest where all weights are malformed."""
    texts = _Texts(source)
    card, body = read_card(texts.of("README.md") or "")
    return Model(
        name=name,
        contents=contents(source, reader),
        card=card,
        body=body,
        template=_template(texts),
        results=texts.results(),
        tags=tuple(tags),
        folder=folder,
        revision=revision,
    )


def gguf_metadata(checkpoint: Checkpoint) -> Mapping[str, Any]:
    """Keys and values of the part that has them: the first of a split file."""
    return next((f.metadata for f in checkpoint.files if "general.architecture" in f.metadata), {})


class _Texts:
    """Short files of a source; what is long or cannot be read is not there."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._files = {file.path: file for file in source.files()}

    def of(self, path: str) -> str | None:
        file = self._files.get(path)
        return self._text(file) if file else None

    def results(self) -> dict[str, str]:
        paths = [
            path
            for path in self._files
            if path.startswith(".eval_results/") and path.endswith((".yaml", ".yml"))
        ]
        texts = {path: self.of(path) for path in sorted(paths)[:MAX_RESULT_FILES]}
        return {path: text for path, text in texts.items() if text}

    def _text(self, file: SourceFile) -> str | None:
        if not 0 < file.size <= MAX_TEXT:
            return None
        try:
            return self._source.read(file, 0, file.size).decode(errors="replace")
        except HearthubError:
            return None


def _is_tied(checkpoint: Checkpoint) -> bool:
    """GGUF has no second copy of an embedding that serves as the head too."""
    return not any(tensor.name == "output.weight" for tensor in checkpoint.tensors)


def _template(texts: _Texts) -> object:
    for path in _TEMPLATES:
        text = texts.of(path)
        if text and path.endswith(".json"):
            try:
                return mapping(json.loads(text)).get("chat_template")
            except (ValueError, RecursionError):
                return None
        if text:
            return text
    return None


def _task_of_gguf(metadata: Mapping[str, Any], has_projector: bool) -> str | None:
    """llama.cpp generates text unless the header names a way of pooling."""
    architecture = word(metadata.get("general.architecture"))
    if architecture not in LLAMA_CPP:
        return None
    if architecture in gguf_keys.ENCODERS or f"{architecture}.pooling_type" in metadata:
        return "feature-extraction"
    return "image-text-to-text" if has_projector else "text-generation"


def _has_path(checkpoint: Checkpoint, file: str) -> bool:
    return any(part.path == file for part in checkpoint.files) or checkpoint.name == file


def _has_name(checkpoint: Checkpoint, file: str) -> bool:
    return any(_last(part) == file for part in checkpoint.files)


def _has_label(checkpoint: Checkpoint, file: str) -> bool:
    return (checkpoint.label or "").lower() == file.lower()


def _last(file: WeightFile) -> str:
    return file.path.rpartition("/")[2]
