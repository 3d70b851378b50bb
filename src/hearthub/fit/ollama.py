"""A repo of GGUF files as a registry of images: what `ollama pull HOST/namespace/repo:TAG` gets.

A tag is a label such as Q4_K_M or the name of a file, in any case; `latest` is what llama.cpp
itself would take. Layers are the file as it is, its projector, and short texts that are made here:
`template`, `system` and `params` of the repo where it has them, else what the chat template in the
file is known to mean. The format: Docker's image manifest, version 2.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from hearthub.errors import BadRequest, HearthubError, NotFound
from hearthub.fit.elsewhere import Elsewhere
from hearthub.fit.go_templates import go_template
from hearthub.fit.hosted import HostedModel
from hearthub.fit.readers.labels import gguf_label
from hearthub.fit.weight_names import label_of
from hearthub.fit.weight_sets import Plan, WeightSet, plan
from hearthub.fit.weights import WeightFile
from hearthub.fit.words import word
from hearthub.registry import Registry, Repo
from hearthub.sandbox import Sandbox

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"
IMAGE = "application/vnd.ollama.image."
LATEST = "latest"
MAX_TEXT = 2**18  # bytes of a template, system prompt or parameters
COPY = 2**20


@dataclass(frozen=True)
class Layer:
    """`content` of those that are made here; the others are the file `path` of the repo."""

    media_type: str
    sha256: str
    size: int
    content: bytes | None = None
    path: str | None = None

    @property
    def told(self) -> dict[str, Any]:
        digest = f"sha256:{self.sha256}"
        return {"mediaType": self.media_type, "digest": digest, "size": self.size}


@dataclass(frozen=True)
class Image:
    """`layers` as they are listed, without the config."""

    config: Layer
    layers: tuple[Layer, ...]

    @property
    def manifest(self) -> dict[str, Any]:
        return {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self.config.told,
            "layers": [layer.told for layer in self.layers],
        }


class Images:
    """Those of one repo at one commit. Who may read it was asked before."""

    def __init__(self, registry: Registry, sandbox: Sandbox, repo: Repo, commit: str) -> None:
        self._registry, self._sandbox = registry, sandbox
        self._repo, self._commit = repo, commit
        self._source = HostedModel(registry, repo, commit)
        self._plan: Plan = plan(self._source.files(), {})

    def tags(self) -> list[str]:
        """One for each whole file that a model is."""
        return [each.path.rpartition("/")[2] for each in self._models()]

    def chosen(self, tag: str) -> WeightSet:
        """The file that a tag means, in one or several parts; raises NotFound."""
        models = self._models()
        if not models:
            raise NotFound(f"{self._repo.full_name} has no GGUF files")
        if tag.lower() == LATEST:
            return models[0]
        wanted = tag.upper().removesuffix(".GGUF")
        for names in (_labels, _short_labels, _names):
            if found := [each for each in models if wanted in names(each)]:
                return found[0]
        known = sorted({label for each in models for label in _labels(each)})
        raise NotFound(f"No GGUF file is called {tag[:100]}; there is {', '.join(known[:50])}")

    def projector(self) -> WeightSet | None:
        found = [each for each in self._plan.sidecars if "mmproj" in each.path.lower()]
        return next((each for each in found if len(each.files) == 1), None)

    def image(self, tag: str) -> Image:
        """Raises NotFound, and BadRequest for a file in parts, which Ollama does not put
        together."""
        chosen = self.chosen(tag)
        if len(chosen.files) > 1 or chosen.missing:
            raise BadRequest(
                f"{chosen.path} is in {len(chosen.files)} parts, which Ollama does not load: "
                "llama.cpp does; or choose another tag"
            )
        header = self._header(chosen)
        layers = [self._of_file("model", chosen.files[0].path)]
        if projector := self.projector():
            layers.append(self._of_file("projector", projector.files[0].path))
        layers += self._texts(header)
        return Image(_config(chosen, header, layers), tuple(layers))

    def pointed(self, sha256: str) -> Layer | None:
        """The layer that is a file in LFS, whose pointer says its digest: nothing is read."""
        whole = [it for it in self._models() if len(it.files) == 1 and not it.missing]
        kinds = {it.files[0].path: "model" for it in whole}
        if projector := self.projector():
            kinds[projector.files[0].path] = "projector"
        for entry in self._registry.paths(self._repo, self._commit, list(kinds)):
            if entry.pointer and entry.pointer.sha256 == sha256:
                return Layer(IMAGE + kinds[entry.path], sha256, entry.size, path=entry.path)
        return None

    # -- the steps ----------------------------------------------------------------------------

    def _models(self) -> list[WeightSet]:
        return [each for each in self._plan.sets if each.format == "gguf"]

    def _header(self, chosen: WeightSet) -> WeightFile | None:
        """None where it cannot be read: Ollama will say why better than we could."""
        try:
            return Elsewhere(self._sandbox)(self._source, chosen.files[0], "gguf")
        except HearthubError:
            return None

    def _of_file(self, kind: str, path: str) -> Layer:
        (entry,) = self._registry.paths(self._repo, self._commit, [path])
        sha256 = entry.pointer.sha256 if entry.pointer else None
        if sha256 is None:  # a small one, kept in git, which calls it otherwise
            digest = hashlib.sha256()
            for start in range(0, entry.size, COPY):
                end = min(start + COPY, entry.size)
                digest.update(self._registry.read_range(self._repo, entry, start, end))
            sha256 = digest.hexdigest()
        return Layer(IMAGE + kind, sha256, entry.size, path=path)

    def _texts(self, header: WeightFile | None) -> Iterator[Layer]:
        metadata: Mapping[str, Any] = header.metadata if header else {}
        known = go_template(metadata.get("tokenizer.chat_template"))
        template = self._file("template") or (known and known.text)
        if template:
            yield _text("template", template)
        if system := self._file("system"):
            yield _text("system", system)
        if params := self._params() or (known and {"stop": list(known.stops)}):
            yield _text("params", orjson.dumps(params).decode())

    def _params(self) -> dict[str, Any] | None:
        """Of the repo's own file; one that is no JSON object is not there."""
        try:
            found = orjson.loads(self._file("params") or "null")
        except orjson.JSONDecodeError:
            return None
        return found if isinstance(found, dict) else None

    def _file(self, path: str) -> str | None:
        text = self._registry.text(self._repo, self._commit, path)
        return text if text and len(text.encode()) <= MAX_TEXT else None


def _config(chosen: WeightSet, header: WeightFile | None, layers: Sequence[Layer]) -> Layer:
    metadata: Mapping[str, Any] = header.metadata if header else {}
    family = word(metadata.get("general.architecture")) or "unknown"
    label = gguf_label(chosen.path, header) if header else label_of(chosen.path)
    config = {
        "model_format": "gguf",
        "model_family": family,
        "model_families": [family],
        "model_type": _count(sum(it.parameters for it in header.tensors)) if header else "",
        "file_type": label or "unknown",
        "architecture": "amd64",
        "os": "linux",
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{it.sha256}" for it in layers]},
    }
    content = orjson.dumps(config)
    return Layer(CONFIG, hashlib.sha256(content).hexdigest(), len(content), content)


def _text(kind: str, text: str) -> Layer:
    content = text.encode()
    return Layer(IMAGE + kind, hashlib.sha256(content).hexdigest(), len(content), content)


def _labels(each: WeightSet) -> list[str]:
    label = label_of(each.path)
    return [label] if label else []


def _short_labels(each: WeightSet) -> list[str]:
    """Without the mark of a mix of Unsloth's."""
    return [label.removeprefix("UD-") for label in _labels(each)]


def _names(each: WeightSet) -> list[str]:
    name = each.path.upper().removesuffix(".GGUF")
    return [name, name.rpartition("/")[2]]


def _count(number: int) -> str:
    """As people say it: 8.03B, 494M."""
    for unit, size in (("T", 10**12), ("B", 10**9), ("M", 10**6), ("K", 10**3)):
        if number >= size:
            return f"{number / size:.3g}{unit}"
    return str(number)
