"""All facts in one place, and what they say of one repo's state."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, NamedTuple

from hearthub.fit import NameFacts, parse_name
from hearthub.pulse.facts.architectures import Architecture, Architectures
from hearthub.pulse.facts.families import Families
from hearthub.pulse.facts.licences import LicenceClass, Licences
from hearthub.pulse.facts.namespaces import Namespaces, Organisation, OrgType
from hearthub.pulse.facts.sizes import PACKED_TAGS, Size, size_class, size_of
from hearthub.pulse.facts.tasks import Modality, Tasks
from hearthub.pulse.facts.themes import Themes

LONGEST_ID = 200
"""Characters of a base's id that are remembered; the Hub's own limit is lower."""


class Row(NamedTuple):
    """What a source tells of one repo; None and empty where it does not."""

    id: str
    type: str = "model"
    """model, dataset or space."""
    tags: Sequence[str] = ()
    task: str | None = None
    """A model's pipeline tag."""
    task_categories: Sequence[str] = ()
    """Of a dataset."""
    library: str | None = None
    licence: str | None = None
    formats: Sequence[str] = ()
    bases: Sequence[str] = ()
    relation: str | None = None
    """To the bases: finetune, adapter, merge, quantized."""
    parameters: int | None = None
    """A safetensors header's total."""
    dtypes: Mapping[str, int] | None = None
    """Its elements by dtype, keys as they came."""
    gguf_parameters: int | None = None
    base_parameters: int | None = None
    """Of the first base, where the caller knows it."""
    hours_after_base: float | None = None
    config: Mapping[str, Any] | None = None
    is_org: bool | None = None
    share_of_repackaged: float | None = None
    """Of the author's repos; see `Namespaces.type_of`."""


@dataclass(frozen=True, slots=True)
class Classified:
    """What is kept with a repo's state. `unknown` is a class of its own wherever it stands."""

    country: str | None
    """None for a person, and where nothing is known; `org_type` tells which."""
    org_type: OrgType
    modality: Modality
    """Of a dataset, its domain."""
    licence_class: LicenceClass
    architecture: Architecture
    format: str
    quantisation: str | None
    size_class: str | None
    params_total: int | None
    params_active: int | None
    params_effective: int | None
    size_source: str
    size_conf: str
    family: str | None
    themes: tuple[str, ...]


class Facts:
    """Built once: `Facts.load()`. Its methods are pure and safe to call from many threads."""

    def __init__(self) -> None:
        self.namespaces = Namespaces()
        self.licences = Licences()
        self.families = Families()
        self.tasks = Tasks()
        self.architectures = Architectures()
        self.themes = Themes()

    @staticmethod
    def load() -> "Facts":
        return _load()

    def namespace(self, name: str) -> Organisation | None:
        """The organisation or person behind a namespace, None where no row tells."""
        return self.namespaces.find(name)

    def org_type(
        self, author: str, is_org: bool | None = None, share_of_repackaged: float | None = None
    ) -> OrgType:
        return self.namespaces.type_of(author, is_org, share_of_repackaged)

    def licence_class(self, licence: str | None) -> LicenceClass:
        return self.licences.class_of(licence)

    def modality(self, task: str | None, library: str | None = None) -> Modality:
        return self.tasks.modality(task, library)

    def architecture(
        self,
        config: Mapping[str, Any] | None = None,
        name: str = "",
        tags: Iterable[str] = (),
        params_active: int | None = None,
    ) -> Architecture:
        return self.architectures.architecture(config, name, tags, params_active)

    def format_of(self, tags: Iterable[str], formats: Iterable[str] = ()) -> str:
        return self.architectures.format_of(tags, formats)

    def quantisation_of(self, name: str, tags: Iterable[str] = ()) -> str | None:
        return self.architectures.quantisation_of(name, tags)

    def family_of(
        self, repo: str, tags: Sequence[str] = (), bases: Sequence[str] = ()
    ) -> str | None:
        return self.families.family_of(repo, tags, bases)

    def classify_all(self, rows: Iterable[Row]) -> Iterator[Classified]:
        return map(self.classify, rows)

    def classify(self, row: Row) -> Classified:
        """All of it for one repo. Never raises, whatever strangers wrote into the row's texts."""
        author = row.id.partition("/")[0]
        organisation = self.namespaces.find(author)
        told = self.namespaces.type_of(author, row.is_org, row.share_of_repackaged)
        country = organisation.country if organisation else None
        licence = self.licences.class_of(row.licence or _licence_tag(row.tags))
        if row.type != "model":
            domain = self.tasks.domain(row.task_categories, row.tags)
            themes = self.themes.themes_of(row.id, None, row.tags)
            return _without_weights(country, told, domain, licence, themes)
        name = parse_name(row.id)
        size = _size(row, name)
        architecture = self.architectures.architecture(
            row.config, row.id, row.tags, size.active, stated=name
        )
        modality = self.tasks.modality(row.task, row.library)
        parameters = size.total or size.effective
        return Classified(
            country=country,
            org_type=told,
            modality=modality,
            licence_class=licence,
            architecture=architecture,
            format=self.architectures.format_of(row.tags, row.formats),
            quantisation=self.architectures.quantisation_of(row.id, row.tags, stated=name),
            size_class=size_class(parameters),
            params_total=size.total,
            params_active=size.active,
            params_effective=size.effective,
            size_source=size.source,
            size_conf=size.conf,
            family=self.families.family_of(row.id, row.tags, row.bases),
            themes=self.themes.themes_of(
                row.id,
                row.task,
                row.tags,
                is_moe=architecture == "moe",
                parameters=parameters,
                relation=row.relation,
                hours_after_base=row.hours_after_base,
            ),
        )


@cache
def _load() -> Facts:
    return Facts()


def _size(row: Row, name: NameFacts) -> Size:
    base = row.base_parameters
    if base is None and row.bases and row.relation in {"adapter", "quantized"}:
        base = _told_by_name(row.bases[0][-LONGEST_ID:])
    return size_of(
        row.id,
        name=name,
        safetensors=row.parameters,
        dtypes=row.dtypes,
        gguf=row.gguf_parameters,
        base=base,
        relation=row.relation,
        is_packed=not PACKED_TAGS.isdisjoint(row.tags),
    )


@lru_cache(16_384)
def _told_by_name(repo: str) -> int | None:
    return size_of(repo).total


def _licence_tag(tags: Sequence[str]) -> str | None:
    found = next((tag for tag in tags if tag.startswith("license:")), None)
    return None if found is None else found[8:]


def _without_weights(
    country: str | None,
    org_type: OrgType,
    domain: Modality,
    licence: LicenceClass,
    themes: tuple[str, ...],
) -> Classified:
    return Classified(
        country=country,
        org_type=org_type,
        modality=domain,
        licence_class=licence,
        architecture="unknown",
        format="unknown",
        quantisation=None,
        size_class=None,
        params_total=None,
        params_active=None,
        params_effective=None,
        size_source="unknown",
        size_conf="none",
        family=None,
        themes=themes,
    )
