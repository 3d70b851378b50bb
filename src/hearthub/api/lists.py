"""Lists of repos, what they can be narrowed by, and the quick search of everything."""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from hearthub.accounts import Account
from hearthub.api.describe import (
    Describer,
    Expand,
    check_expand,
    describe_observed,
    row_names,
    without_nulls,
)
from hearthub.api.params import Kind
from hearthub.catalogue import Filter, Page, Row, described, run_by
from hearthub.context import Hub
from hearthub.errors import BadRequest, NotFound
from hearthub.fit import most_that_fits
from hearthub.http.actor import CurrentActor, CurrentHub
from hearthub.http.urls import next_link

router = APIRouter(tags=["lists"])

MAX_LIST = 1000
MAX_FULL_LIST = 100  # rows that carry cards or files
MAX_FILTERS = 32
SORTS = {
    "downloads": "downloads",
    "likes": "likes",
    "trendingScore": "trending",
    "createdAt": "created",
    "lastModified": "modified",
    # As older clients write them.
    "trending_score": "trending",
    "created_at": "created",
    "last_modified": "modified",
    "modified": "modified",
    # Those of huggingface.js that mean the same here, where what is liked now trends.
    "likes30d": "trending",
}
# What a plain word may stand for besides a tag; older clients leave prefixes off.
PREFIXES = ("license:", "language:", "library:", "task_categories:", "dataset:")
FACETS = ("license", "language", "library")
_NUMBER = re.compile(r"(\d{1,15}(?:\.\d{1,6})?)([KMBT]?)", re.ASCII | re.IGNORECASE)
MAX_PARAMETERS = 2**60
_TIMES = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}
Many = Annotated[list[str] | None, Query()]


# A coroutine, because the framework would give a plain function a thread of its own.
async def filter_of(
    kind: Kind,
    filter: Many = None,  # noqa: A002
    author: str | None = None,
    search: Many = None,
    pipeline_tag: str | None = None,
    library: Many = None,
    license: str | None = None,  # noqa: A002
    language: Many = None,
    gated: bool | None = None,
    num_parameters: str | None = None,
    models: Many = None,
    datasets: Many = None,
    linked: bool = False,
    apps: Many = None,
    fits: str | None = None,
    inference: str | None = None,
    inference_provider: Many = None,
    origin: Annotated[str, Query(max_length=200)] = "",
) -> Filter:
    """What the query of a list asks for."""
    words = [word for text in filter or [] for word in text.split(",")]
    any_of: list[Sequence[tuple[str, str]]] = [_meanings(word) for word in words if word]
    any_of += [[("author", author)]] if author else []
    any_of += [[("task", pipeline_tag)]] if pipeline_tag else []
    any_of += [[("library", name)] for name in library or []]
    any_of += [[("license", license.removeprefix("license:"))]] if license else []
    any_of += [[("language", name)] for name in language or []]
    any_of += [[("uses", f"model:{name}")] for name in models or []]
    any_of += [[("uses", f"dataset:{name}")] for name in datasets or []]
    any_of += run_by(apps or [])
    if linked:
        any_of.append([("linked", "")])
    if inference or inference_provider:
        any_of.append([])  # no model here is served by a provider
    if len(any_of) > MAX_FILTERS:
        raise BadRequest(f"A list can be narrowed by {MAX_FILTERS} values at most")
    return Filter(
        kind,
        any_of,
        " ".join(search or []).strip() or None,
        gated,
        _sizes(num_parameters),
        origin,
        _need(fits),
    )


Wanted = Annotated[Filter, Depends(filter_of)]


@router.get("/api/{kind:kind}", summary="Repos that fit, in some order, a page at a time")
def list_repos(
    kind: Kind,
    wanted: Wanted,
    request: Request,
    response: Response,
    hub: CurrentHub,
    actor: CurrentActor,
    sort: str | None = None,
    direction: Literal["-1", "1"] | None = None,
    limit: Annotated[int, Query(ge=1)] = 100,
    full: bool = False,
    config: bool = False,
    cardData: bool = False,  # noqa: N803
    expand: Expand = None,
    expand_js: Annotated[list[str] | None, Query(alias="expand[]")] = None,
    cursor: str | None = None,
) -> list[dict[str, Any]]:
    """A search without `sort` comes best match first; the next page is in the `Link` header.

    A page has at most a thousand rows, whatever `limit` says.
    """
    fields = check_expand(kind, [*(expand or []), *(expand_js or [])])
    if sort is not None and sort not in SORTS:
        expected = "|".join(f'"{name}"' for name in list(SORTS)[:5])
        raise BadRequest(f"Invalid sort {sort[:60]!r}: expected one of {expected}")
    # Clients ask for as many as they want in all, and follow the pages.
    limit = min(limit, MAX_FULL_LIST if full or cardData or fields else MAX_LIST)
    page = Page(SORTS[sort] if sort else None, direction == "1", limit)
    rows, more = hub.catalogue.page(actor, wanted, page, cursor)
    if more:
        response.headers["Link"] = next_link(request, cursor=more)
    return described_rows(
        hub, rows, fields, row_names(kind, full=full, config=config, card=cardData or full)
    )


@router.get("/api/{kind:kind}/facets", summary="What a list can be narrowed by, with counts")
def facet_counts(wanted: Wanted, hub: CurrentHub, actor: CurrentActor) -> dict[str, Any]:
    """`total` repos fit, or at least so many when `capped`; of the `sampled` most popular ones,
    the values they have and how many have each, the most frequent first."""
    found = hub.catalogue.facet_counts(actor, wanted)
    return {
        "total": found.total,
        "capped": found.is_capped,
        "sampled": found.sampled,
        "facets": {
            kind: [{"value": name, "count": n} for name, n in values]
            for kind, values in found.counts.items()
        },
    }


@router.get("/api/{kind:kind}-tags-by-type", summary="Every tag in use, by its type")
def tags_by_type(
    kind: Kind,
    hub: CurrentHub,
    _actor: CurrentActor,  # a good token is none of its address's tries (rates.py)
) -> dict[str, list[dict[str, str]]]:
    answer: dict[str, list[dict[str, str]]] = {}
    for facet, name, _ in hub.catalogue.tags(kind):
        if facet == "tag":
            item = described(kind, name)
            answer.setdefault(item["type"], []).append(item)
    return answer


@router.get("/api/quicksearch", summary="Repos, users and organisations by name, a few of each")
def quick_search(
    hub: CurrentHub,
    actor: CurrentActor,
    q: Annotated[str, Query(max_length=200)] = "",
    type: Annotated[str, Query(max_length=100)] = "",  # noqa: A002
    limit: Annotated[int, Query(ge=1, le=50)] = 8,
) -> dict[str, Any]:
    """`type`: some of model, dataset, space, org, user, with commas between; default: all."""
    wanted = set(filter(None, type.split(","))) or {*_REPOS, "org", "user"}
    answer: dict[str, Any] = {"q": q}
    for kind in _REPOS:
        if kind in wanted:
            rows = hub.catalogue.suggest(actor, kind, q, limit)
            answer[f"{kind}s"] = [_found(row) for row in rows]
    for kind in ("org", "user"):
        if kind in wanted:
            answer[f"{kind}s"] = [_face(it) for it in hub.accounts.search(q, kind, limit)]
    return answer


_REPOS = ("model", "dataset", "space")


def _found(row: Row) -> dict[str, Any]:
    if row.repo:
        return {"_id": row.repo.uid, "id": row.repo.full_name, "private": row.repo.is_private}
    if row.observed is None:
        raise ValueError(row)
    return {"_id": "", "id": row.observed.full_name, "origin": row.observed.origin}


def _face(account: Account) -> dict[str, Any]:
    name = {"org": "name", "user": "user"}[account.kind]
    return {name: account.name, "fullname": account.fullname, "avatarUrl": "", "type": account.kind}


def described_rows(
    hub: Hub, rows: list[Row], fields: list[str], names: list[str]
) -> list[dict[str, Any]]:
    """`fields` if there are any, else `names` without what is null. A repo that was deleted since
    it was found is left out."""
    repos = [row.repo for row in rows if row.repo]
    describer = Describer(hub, repos, counters={r.repo.id: r.counters for r in rows if r.repo})
    observed = [row.observed.full_name for row in rows if row.observed]
    is_asked = observed and "childrenModelCount" in fields
    children = hub.catalogue.children(observed, observed=True) if is_asked else {}
    answer = []
    for row in rows:
        if row.repo:
            try:
                described = describer.expanded(row.repo, fields or names)
            except NotFound:
                continue
            answer.append(described if fields else without_nulls(described))
        elif row.observed:
            answer.append(describe_observed(row.observed, fields or names, children))
    return answer


def _meanings(word: str) -> list[tuple[str, str]]:
    prefix, colon, rest = word.partition(":")
    if colon:  # models and spaces have some of these without being tagged so
        return [("tag", word), *([(prefix, rest)] if prefix in FACETS else [])]
    return [("tag", word), *(("tag", prefix + word) for prefix in PREFIXES)]


def _need(fits: str | None) -> int | None:
    """Bytes that what is wanted may need on some hardware: its name, or its memory in GiB."""
    return most_that_fits(fits) if fits else None


def _sizes(text: str | None) -> tuple[int | None, int | None] | None:
    """`min:6B,max:12B`, either part alone, in parameters."""
    if not text:
        return None
    found: dict[str, int] = {}
    for part in text.split(","):
        name, _, value = part.strip().partition(":")
        number = _NUMBER.fullmatch(value.strip())
        if name not in ("min", "max") or number is None:
            raise BadRequest("num_parameters is written min:6B,max:12B, or one of the two")
        size = round(float(number[1]) * _TIMES[number[2].upper()])
        found[name] = min(size, MAX_PARAMETERS)
    return found.get("min"), found.get("max")
