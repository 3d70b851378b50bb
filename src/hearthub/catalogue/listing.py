"""A listing: one repo as lists know it, hosted here or observed elsewhere; and where it stands."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from hearthub.catalogue.facts import Facts
from hearthub.catalogue.local_apps import apps_of
from hearthub.registry import REPO_TYPES, Repo

HERE = ""
"""The origin of what this hub hosts."""

PUBLIC, PRIVATE, OBSERVED = 0, 1, 2

Facet = tuple[str, str]
"""(kind, name): a value that lists can be narrowed by, such as ("license", "apache-2.0")."""


EVERYTHING: Facet = ("all", "")
"""What every listing has, so that the counts of facets hold the number of listings too."""


SEVERAL = -1
"""In a column for one facet."""


def shelf(repo_type: str, sort: int) -> int:
    """The number of a shelf: repos of one type that lists show to the same readers."""
    return REPO_TYPES.index(repo_type) * 4 + sort


SHELVES = range(4 * len(REPO_TYPES))


@dataclass(frozen=True)
class Counters:
    """What ranks a repo. `downloads` of 30 days; times in milliseconds."""

    created: int
    modified: int
    downloads: int = 0
    downloads_all: int = 0
    likes: int = 0
    trending: float = 0.0

    @property
    def popularity(self) -> int:
        """A like is given about once in fifty downloads, and means more."""
        return max(0, self.downloads) + 50 * max(0, self.likes)


@dataclass(frozen=True)
class Listing:
    """`repo_id` and `commit` are those of a hosted repo; an observed one has an `origin`."""

    type: str
    full_name: str
    facts: Facts
    counters: Counters
    origin: str = HERE
    repo_id: int | None = None
    commit: str | None = None
    owner_id: int | None = None
    is_private: bool = False
    gated: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, repo: Repo, commit: str | None, facts: Facts, counters: Counters) -> "Listing":
        return cls(
            type=repo.type,
            full_name=repo.full_name,
            facts=facts,
            counters=counters,
            repo_id=repo.id,
            commit=commit,
            owner_id=repo.owner_id,
            is_private=repo.is_private,
            gated=repo.gated,
        )

    @property
    def key(self) -> str:
        return self.full_name.lower()

    @property
    def shelf(self) -> int:
        sort = PRIVATE if self.is_private else PUBLIC if self.origin == HERE else OBSERVED
        return shelf(self.type, sort)

    @property
    def parameters(self) -> int | None:
        """Packed weights unpacked, which a total that was recorded elsewhere may not be."""
        return (self.facts.fit or {}).get("params_total") or self.facts.parameters_total or None

    @property
    def active(self) -> int | None:
        """Parameters at work for one token: of a dense model all."""
        return (self.facts.fit or {}).get("params_active") or self.parameters

    @property
    def need(self) -> int | None:
        """The least memory that it runs in, in bytes."""
        return (self.facts.fit or {}).get("need_bytes")

    @property
    def is_weighed(self) -> bool:
        """False for a hosted model whose headers are still to be read."""
        return self.facts.weighed or self.repo_id is None or self.type != "model"

    def facets(self) -> list[Facet]:
        """Every value this repo can be found by, each once."""
        facts = self.facts
        found: list[Facet] = [EVERYTHING]
        found += [("author", self.key.partition("/")[0])] if "/" in self.key else []
        found += [("tag", tag) for tag in facts.tags]
        found += [("task", facts.pipeline_tag)] if facts.pipeline_tag else []
        found += [("library", facts.library)] if facts.library else []
        found += [("license", name) for name in facts.licenses]
        found += [("language", name) for name in facts.languages]
        found += [("format", name) for name in facts.formats]
        found += [("quantization", facts.quantization)] if facts.quantization else []
        found += [("gated", self.gated)] if self.gated else []
        found += [("origin", self.origin)] if self.origin else []
        found += [("size", str(size_step(self.parameters)))] if self.parameters else []
        if self.type == "model" and self.active:
            found.append(("active", str(size_step(self.active))))
        found += [("need", str(size_step(self.need)))] if self.need else []
        if self.type == "model":
            found += [("app", name) for name in apps_of(facts.fit, set(found))]
        if self.type == "space":
            found += [("uses", f"model:{name}") for name in facts.models]
            found += [("uses", f"dataset:{name}") for name in facts.datasets]
            found += [("linked", "")] if facts.models or facts.datasets else []
        return list(dict.fromkeys(found))


def size_step(parameters: int) -> int:
    """Sizes that double fall two steps apart."""
    return math.floor(2 * math.log2(max(1, parameters)))


def size_steps(low: int | None, high: int | None) -> Iterator[int]:
    """The steps that hold all sizes from `low` to `high`."""
    return iter(range(size_step(low or 1), size_step(high or 2**60) + 1))
