"""The door of fit: what a model is, what it needs, what it fits, how to run it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from hearthub.errors import HearthubError
from hearthub.fit.comparison import Column, column_of
from hearthub.fit.derivatives import Option, derivatives_of
from hearthub.fit.elsewhere import Elsewhere
from hearthub.fit.hardware import Hardware, hardware_catalogue
from hearthub.fit.hosted import HostedModel
from hearthub.fit.model import Model, read_model
from hearthub.fit.placing import Placed
from hearthub.fit.quantised import Cell, Quantised, matrix, quantised
from hearthub.fit.ranking import ranked
from hearthub.fit.remote import RemoteModel
from hearthub.fit.report import Report, report
from hearthub.fit.sources import Source, local
from hearthub.fit.wanted import Wanted
from hearthub.registry import Registry, Repo
from hearthub.sandbox import Sandbox

Lookup = Callable[[str], Model | None]
"""Finds a base by its id; None where it is not there."""


class Fit:
    """Answers from metadata alone. Headers are read in the sandbox: strangers wrote them."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._reader = Elsewhere(sandbox)

    # -- reading -----------------------------------------------------------------------------

    def of_path(self, path: Path) -> Model:
        """A file or folder of this machine. Raises EntryNotFound, BadRequest."""
        source = local(path)
        return read_model(source, str(path), self._reader, folder=str(source.root))

    def of_repo(self, registry: Registry, repo: Repo, commit: str) -> Model:
        """A repo of this hub, which the caller may read."""
        return self.of_source(HostedModel(registry, repo, commit), repo.full_name)

    def of_hub(self, endpoint: str, name: str, revision: str, token: str | None) -> Model:
        """A repo of any hub, by ranges of its files. Raises UpstreamFailed."""
        with RemoteModel.open(endpoint, name, revision, token) as source:
            return read_model(source, source.state.name, self._reader, revision=revision)

    def of_source(self, source: Source, name: str, tags: Sequence[str] = ()) -> Model:
        return read_model(source, name, self._reader, tags)

    def derivatives(self, endpoint: str, name: str, token: str | None) -> list[Option]:
        """Weights of the repos that a hub knows as quantised from a model, by size alone."""
        return derivatives_of(endpoint, name, token)

    # -- answers -----------------------------------------------------------------------------

    def show(
        self,
        model: Model,
        wanted: Wanted,
        lookup: Lookup = lambda _: None,
        derivatives: Iterable[Option] = (),
    ) -> Report:
        return report(model, wanted, _base_of(model, lookup), tuple(derivatives))

    def quantised(self, model: Model, wanted: Wanted) -> list[Quantised]:
        """Each of the weights in a repo on each wanted hardware, the smallest first."""
        return quantised(model, wanted)

    def matrix(
        self, model: Model, wanted: Wanted, hardware: Sequence[Hardware]
    ) -> tuple[list[str], list[tuple[Hardware, tuple[Cell, ...]]]]:
        """Names of the weights in a repo, and for each hardware whether each of them fits."""
        return matrix(model, wanted, hardware)

    def where(self, model: Model, wanted: Wanted, lookup: Lookup = lambda _: None) -> list[Placed]:
        """All hardware of the catalogue, or that which is wanted, the fittest first."""
        hardware = wanted.hardware or hardware_catalogue()
        return ranked(model, wanted, hardware, _base_of(model, lookup))

    def compare(
        self, models: Iterable[Model], wanted: Wanted, lookup: Lookup = lambda _: None
    ) -> list[Column]:
        """Without wanted hardware the best fit is looked for in the whole catalogue."""
        hardware = wanted.hardware or tuple(h for h in hardware_catalogue() if h.memory_gib)
        everywhere = replace(wanted, hardware=hardware)
        return [column_of(report(each, everywhere, _base_of(each, lookup))) for each in models]


def _base_of(model: Model, lookup: Lookup) -> Model | None:
    if not model.adapter or not model.base:
        return None
    try:
        return lookup(model.base)
    except HearthubError:
        return None
