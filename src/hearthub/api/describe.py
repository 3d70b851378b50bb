"""A repo as JSON: each field by name, so that `expand` picks and the full answer takes all."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any

from fastapi import Query

from hearthub.catalogue import Counters, Facts, Listing
from hearthub.clock import iso
from hearthub.context import Hub
from hearthub.errors import BadRequest
from hearthub.registry import Entry, Repo

Expand = Annotated[list[str] | None, Query()]

# gitalyUid is what huggingface.js may ask for.
_SHARED = """
author cardData createdAt disabled downloads downloadsAllTime gated gitalyUid lastModified likes
private resourceGroup sha siblings tags trendingScore usedStorage visibility xetEnabled
"""
_OF_KIND = {
    "model": """
    baseModels childrenModelCount config evalResults fit gguf inference inferenceProviderMapping
    library_name mask_token model-index pipeline_tag safetensors securityRepoStatus spaces
    transformersInfo widgetData
    """,
    "dataset": "citation description mainSize paperswithcode_id",
    "space": "datasets host models region runtime sdk subdomain",
    "kernel": "",
}
EXPANDS = {kind: sorted((_SHARED + names).split()) for kind, names in _OF_KIND.items()}
MAX_SIBLINGS = 100_000
MAX_SIBLINGS_OF_ROW = 1000  # in a list, where a page has a thousand rows


def check_expand(kind: str, names: list[str]) -> list[str]:
    """The names, if all are known; the refusal lists what is expected, as clients parse it."""
    known = EXPANDS[kind]
    for name in names:
        if name not in known:
            expected = "|".join(f'"{known_name}"' for known_name in known)
            raise BadRequest(f"Invalid expand {name[:60]!r}: expected one of {expected}")
    return names


class Describer:
    """Describes one repo at `commit`, or the rows of a list, facts of their heads in few queries.

    A row has fewer siblings, whether asked for by `full` or by `expand`.
    """

    def __init__(
        self,
        hub: Hub,
        repos: Sequence[Repo],
        commit: str | None = None,
        counters: Mapping[int, Counters] | None = None,
    ) -> None:
        self.hub = hub
        self.commit = commit
        self.repos = repos
        self.counters = counters or hub.catalogue.counters(repos)
        if commit is not None:
            self.facts = {repo.id: hub.catalogue.facts(repo, commit) for repo in repos}
        else:
            self.facts = hub.catalogue.facts_of(repos)
        self.fields: dict[str, Callable[[Repo], Any]] = {
            **_ROW_FIELDS,
            **{name: self._counted(field) for name, field in _COUNTED.items()},
            "sha": self._sha,
            "siblings": self._siblings,
            "childrenModelCount": lambda repo: self._children.get(repo.full_name.lower(), {}),
        }

    def expanded(self, repo: Repo, names: Sequence[str]) -> dict[str, Any]:
        """Only the named fields, besides the ids; null where this hub has nothing to tell."""
        return self._base(repo) | {name: self._field(repo, name) for name in names}

    def full(self, repo: Repo, *, blobs: bool = False) -> dict[str, Any]:
        names = [*_SUMMARY, "author", "sha", "lastModified", "cardData", "disabled", "usedStorage"]
        names += _FULL.get(repo.type, [])
        answer = self._base(repo) | {name: self._field(repo, name) for name in names}
        answer["siblings"] = self._siblings(repo, blobs=blobs)
        answer["origin"] = origin.as_json() if (origin := self.hub.mirror.origin_of(repo)) else None
        return without_nulls(answer)

    def _base(self, repo: Repo) -> dict[str, Any]:
        base = {"_id": repo.uid, "id": repo.full_name}
        return base | {"modelId": repo.full_name} if repo.type == "model" else base

    def _field(self, repo: Repo, name: str) -> Any:
        if field := self.fields.get(name):
            return field(repo)
        if field_of_facts := _FACT_FIELDS.get(name):
            return field_of_facts(self.facts[repo.id])
        return None

    def _counted(self, field: str) -> Callable[[Repo], Any]:
        return lambda repo: getattr(self.counters[repo.id], field)

    def _sha(self, repo: Repo) -> str:
        return self.commit or self.hub.registry.head(repo)

    @cached_property
    def _children(self) -> dict[str, dict[str, int]]:
        """Of all rows at once."""
        return self.hub.catalogue.children([repo.full_name for repo in self.repos])

    def _siblings(self, repo: Repo, *, blobs: bool = False) -> list[dict[str, Any]]:
        limit = MAX_SIBLINGS if self.commit else MAX_SIBLINGS_OF_ROW
        entries = self.hub.registry.tree(repo, self._sha(repo), recursive=True, limit=limit)
        return [_sibling(entry, blobs) for entry in entries if entry.is_file]


_SUMMARY = "likes private visibility gated downloads tags createdAt trendingScore".split()
_ROW = {"model": ["pipeline_tag", "library_name"], "space": ["sdk"]}
_FULL = {
    "model": [
        "pipeline_tag",
        "library_name",
        "config",
        "transformersInfo",
        "model-index",
        "widgetData",
        "safetensors",
        "gguf",
        "spaces",
    ],
    "dataset": ["description", "citation"],
    "space": ["sdk", "models", "datasets", "runtime", "host", "subdomain", "region"],
}

_COUNTED = {
    "downloads": "downloads",
    "downloadsAllTime": "downloads_all",
    "likes": "likes",
    "trendingScore": "trending",
}

_ROW_FIELDS: dict[str, Callable[[Repo], Any]] = {
    "author": lambda repo: repo.namespace,
    "createdAt": lambda repo: iso(repo.created),
    "lastModified": lambda repo: iso(repo.modified),
    "private": lambda repo: repo.is_private,
    "visibility": lambda repo: repo.visibility,
    "gated": lambda repo: repo.gated or False,
    "disabled": lambda repo: bool(repo.disabled),
    "usedStorage": lambda repo: repo.used_storage,
    "sdk": lambda repo: repo.sdk,
    "subdomain": lambda repo: repo.full_name.lower().replace("/", "-").replace(".", "-"),
    "runtime": lambda repo: {
        "stage": "RUNNING" if repo.sdk == "static" else "NO_APP_FILE",
        "hardware": {"current": None, "requested": None},
    },
    "spaces": lambda _repo: [],
    "xetEnabled": lambda _repo: True,
}


def describe_observed(
    listing: Listing, names: Sequence[str], children: Mapping[str, dict[str, int]]
) -> dict[str, Any]:
    """A repo of another hub, as far as it was observed; `origin` says where it is.

    `children` are those of all rows, by lower-case name.
    """
    counters = listing.counters
    fields = {
        "author": listing.full_name.partition("/")[0],
        "createdAt": iso(counters.created),
        "lastModified": iso(counters.modified),
        "private": False,
        "gated": listing.gated or False,
        **{name: getattr(counters, field) for name, field in _COUNTED.items()},
    }
    if listing.type == "model":
        fields["childrenModelCount"] = children.get(listing.key, {})
    for name in names:
        if name in _FACT_FIELDS:
            fields[name] = _FACT_FIELDS[name](listing.facts)
    base = {"_id": "", "id": listing.full_name, "origin": listing.origin}
    base |= {"modelId": listing.full_name} if listing.type == "model" else {}
    return base | {name: fields[name] for name in names if fields.get(name) is not None}


def row_names(kind: str, *, full: bool, config: bool, card: bool) -> list[str]:
    """The fields of one row of a list."""
    names = [*_SUMMARY, "author", "lastModified", *_ROW.get(kind, [])]
    if full:
        names += ["sha", "siblings", "disabled"]
    if config and kind == "model":
        names.append("config")
    return [*names, "cardData"] if card else names


def _base_models(facts: Facts) -> dict[str, Any] | None:
    if not facts.base_models:
        return None
    return {
        "relation": facts.relation,
        "models": [{"_id": name, "id": name} for name in facts.base_models],
    }


_FACT_FIELDS: dict[str, Callable[[Facts], Any]] = {
    "tags": lambda facts: facts.tags,
    "cardData": lambda facts: facts.card,
    "library_name": lambda facts: facts.library,
    "pipeline_tag": lambda facts: facts.pipeline_tag,
    "config": lambda facts: facts.config or None,
    "safetensors": lambda facts: facts.safetensors,
    "gguf": lambda facts: facts.gguf,
    "fit": lambda facts: facts.fit,
    "model-index": lambda facts: facts.card.get("model-index"),
    "widgetData": lambda facts: facts.card.get("widget"),
    "models": lambda facts: facts.models,
    "datasets": lambda facts: facts.datasets,
    "description": lambda facts: facts.description or None,
    "transformersInfo": lambda facts: facts.transformers,
    "baseModels": _base_models,
}


def _sibling(entry: Entry, blobs: bool) -> dict[str, Any]:
    item: dict[str, Any] = {"rfilename": entry.path}
    if blobs:
        item |= {"size": entry.size, "blobId": entry.oid}
        if entry.pointer:
            item["lfs"] = {
                "sha256": entry.pointer.sha256,
                "size": entry.size,
                "pointerSize": entry.pointer_size,
            }
    return item


def without_nulls(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if value is not None}
