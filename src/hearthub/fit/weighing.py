"""The weights of a repo of this hub as lists know them: read now, kept from before, or guessed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hearthub.errors import HearthubError
from hearthub.fit.checkpoints import Contents, contents
from hearthub.fit.guesses import Known, of_observed
from hearthub.fit.hosted import HostedModel
from hearthub.fit.hub_fields import gguf_field, safetensors_field
from hearthub.fit.kept import QUICK, KeptReader, NotRead
from hearthub.fit.model import Model
from hearthub.fit.sources import Source, SourceFile
from hearthub.fit.summary import Summary, of_model
from hearthub.fit.weight_names import format_of
from hearthub.registry import Registry, Repo

_ALIKE = ("safetensors", "gguf")


@dataclass(frozen=True)
class Weights:
    """What the headers of a commit say, as far as they are known."""

    contents: Contents | None
    """None where there are no weights, all are malformed, or they are still to be read."""
    is_whole: bool
    """Whether that is all that will ever be known."""

    @property
    def safetensors(self) -> dict[str, Any] | None:
        return safetensors_field(self.contents) if self.contents else None

    @property
    def gguf(self) -> dict[str, Any] | None:
        return gguf_field(self.contents) if self.contents else None

    def summary(self, name: str, card: Mapping[str, Any], known: Known) -> Summary:
        """Of a repo with this card; `known` is what else lists know of it."""
        if self.contents is None or not self.contents.checkpoints:
            return of_observed(name, known)
        card = {**card, "pipeline_tag": known.task}
        return of_model(Model(name, self.contents, card=card, tags=tuple(known.tags)))


def read_weights(registry: Registry, repo: Repo, commit: str, reader: KeptReader) -> Weights:
    """A repo that cannot be read raises; weights that cannot do not."""
    source = HostedModel(registry, repo, commit, budget=reader.budget)
    source.files()
    return Weights(*_contents(source, reader))


def _contents(source: Source, reader: KeptReader) -> tuple[Contents | None, bool]:
    """What is there, as far as it is read now; and whether that is all that will ever be known."""
    try:
        found = contents(source, reader)
    except NotRead:
        return _quick(source, reader), False
    except HearthubError:  # there are no weights, or all of them are malformed
        return None, True
    return (None, False) if _is_cut(found) else (found, True)


def _quick(source: Source, reader: KeptReader) -> Contents | None:
    try:
        found = contents(Quick(source), reader)
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
class Quick:
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
