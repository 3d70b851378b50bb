"""Lists of models, datasets and spaces: searched, narrowed, sorted; every state is an address."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hearthub.catalogue import Facts, Filter, Page, Row
from hearthub.context import Hub
from hearthub.errors import BadRequest
from hearthub.http.paths import PREFIXES
from hearthub.http.urls import hub_of
from hearthub.web.rendering import page, shown
from hearthub.web.visitor import visitor

SHOWN = 30
MOST_VALUES = 10
MAX_FILTERS = 32
MAX_SEARCH = 200
FACETS = {
    "pipeline_tag": ("task", "Tasks"),
    "library": ("library", "Libraries"),
    "format": ("format", "Formats"),
    "quantization": ("quantization", "Quantisation"),
    "license": ("license", "Licences"),
    "language": ("language", "Languages"),
    "author": ("author", "Authors"),
    "tag": ("tag", "Tags"),
}
"""By the word in an address: the kind of facet, and its heading."""
SORTS = {
    "trending": "Trending",
    "likes": "Most likes",
    "downloads": "Most downloads",
    "modified": "Recently updated",
    "created": "Newest",
}
BILLION = 10**9
SIZES: dict[str, tuple[str, tuple[int | None, int | None] | None]] = {
    "": ("Any size", None),
    "0-1": ("Under 1 B", (None, BILLION)),
    "1-9": ("1 to 9 B", (BILLION, 9 * BILLION)),
    "9-40": ("9 to 40 B", (9 * BILLION, 40 * BILLION)),
    "40-100": ("40 to 100 B", (40 * BILLION, 100 * BILLION)),
    "100-": ("Over 100 B", (100 * BILLION, None)),
}
ORIGINS = {"": "On this hub", "all": "Here and observed"}


@dataclass(frozen=True)
class State:
    """What an address asks for."""

    kind: str
    search: str
    sort: str
    size: str
    origin: str
    chosen: tuple[tuple[str, str], ...]
    """(word of the address, value)."""

    def filter(self) -> Filter:
        return Filter(
            self.kind,
            [[(FACETS[word][0], value)] for word, value in self.chosen],
            self.search or None,
            parameters=SIZES[self.size][1],
            origin=self.origin,
        )

    def href(self, chosen: tuple[tuple[str, str], ...], cursor: str | None = None) -> str:
        words = [("search", self.search), ("sort", self.sort), ("size", self.size),
                 ("origin", self.origin), *chosen, ("cursor", cursor or "")]  # fmt: skip
        query = urlencode([(name, value) for name, value in words if value])
        return f"/{self.kind}s?{query}" if query else f"/{self.kind}s"


def list_page(request: Request) -> Response:
    hub, state = hub_of(request), _state(request)
    cursor = request.query_params.get("cursor") or None
    wanted = state.filter()
    # A search without a sort comes best match first.
    sort = state.sort or (None if state.search else "trending")
    rows, more = hub.catalogue.page(visitor(request), wanted, Page(sort, limit=SHOWN), cursor)
    counts = hub.catalogue.facet_counts(visitor(request), wanted)
    return page(
        "list.html",
        section=f"{state.kind}s",
        state=state,
        rows=_shown(hub, rows),
        total=counts.total,
        is_capped=counts.is_capped,
        is_sampled=counts.sampled < counts.total,
        groups=_groups(state, counts.counts),
        chosen=[(FACETS[word][1], value, state.href(_without(state, word, value)))
                for word, value in state.chosen],
        sorts=SORTS,
        sizes={key: label for key, (label, _) in SIZES.items()} if state.kind == "model" else {},
        origins=ORIGINS,
        clear=state.href(()),
        first=state.href(state.chosen) if cursor else None,
        following=state.href(state.chosen, more) if more else None,
    )  # fmt: skip


def _state(request: Request) -> State:
    words = request.query_params
    chosen = tuple(dict.fromkeys(
        (word, value[:MAX_SEARCH]) for word, value in words.multi_items()
        if word in FACETS and value
    ))  # fmt: skip
    if len(chosen) > MAX_FILTERS:
        raise BadRequest(f"A list can be narrowed by {MAX_FILTERS} values at most.")
    sort, size, origin = (words.get(name, "") for name in ("sort", "size", "origin"))
    if sort and sort not in SORTS:
        raise BadRequest(f"{sort[:60]!r} is no order: choose {', '.join(SORTS)}.")
    if size not in SIZES:
        raise BadRequest(f"{size[:60]!r} is no class of sizes: choose {', '.join(SIZES)}.")
    return State(
        kind=request.path_params["kind"],
        search=words.get("search", "").strip()[:MAX_SEARCH],
        sort=sort,
        size=size,
        origin=origin[:MAX_SEARCH],
        chosen=chosen,
    )


def _groups(
    state: State, counts: dict[str, list[tuple[str, int]]]
) -> list[tuple[str, list[tuple[str, int, str]]]]:
    """By heading: what the list can be narrowed by further, how many fit, and the address."""
    groups = list[tuple[str, list[tuple[str, int, str]]]]()
    for word, (kind, heading) in FACETS.items():
        some = [
            (value, count, state.href((*state.chosen, (word, value))))
            for value, count in counts.get(kind, [])
            if (word, value) not in state.chosen
        ][:MOST_VALUES]
        if some and not (word == "tag" and not state.chosen and len(groups) > 3):
            groups.append((heading, some))
    return groups


def _without(state: State, word: str, value: str) -> tuple[tuple[str, str], ...]:
    return tuple(it for it in state.chosen if it != (word, value))


def _shown(hub: Hub, rows: list[Row]) -> list[dict[str, Any]]:
    facts = hub.catalogue.facts_of([row.repo for row in rows if row.repo])
    found = []
    for row in rows:
        if row.repo:
            known = facts[row.repo.id]
            href = f"/{PREFIXES[row.repo.type]}{row.repo.full_name}"
            found.append(_row(row, row.repo.full_name, known, href, ""))
        elif row.observed:
            it = row.observed
            found.append(_row(row, it.full_name, it.facts, None, it.origin))
    return found


def _row(row: Row, name: str, facts: Facts, href: str | None, origin: str) -> dict[str, Any]:
    return {
        "name": name,
        "href": href,
        "origin": origin,
        "task": facts.pipeline_tag,
        "library": facts.library,
        "licence": facts.licenses[0] if facts.licenses else None,
        "parameters": facts.parameters_total,
        "counters": row.counters,
    }


routes = [Route("/{kind:kind}", shown(list_page))]
