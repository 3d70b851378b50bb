"""Lists of models, datasets and spaces: searched, narrowed, sorted; every state is an address."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice
from urllib.parse import quote_plus, urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hearthub.catalogue import Filter, Page
from hearthub.errors import BadRequest
from hearthub.fit import Hardware, room_of
from hearthub.http.urls import hub_of
from hearthub.web.hardware import hardware_named, key_of, saved_hardware
from hearthub.web.list_rows import rows_shown
from hearthub.web.rendering import page, parameters, shown
from hearthub.web.repo_facts import SCRIPT
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
    "base_model": ("tag", "Base models"),
    "author": ("author", "Authors"),
    "tag": ("tag", "Tags"),
}
"""By the word in an address: the kind of facet, and its heading."""
BASE = "base_model:"
NOT_TAGS = (BASE, "license:", "region:", "dataset:", "diffusers:")
"""Beginnings of tags that say what another facet or the page of the repo says."""
SORTS = {
    "trending": "Trending",
    "likes": "Most likes",
    "downloads": "Most downloads",
    "modified": "Recently updated",
    "created": "Newest",
}
ORIGINS = {"": "On this hub", "all": "Here and observed"}
STOPS: tuple[int | None, ...] = (None, *(2**n for n in range(26, 41)), None)
"""Of the sliders, in parameters: powers of two, where the steps of the catalogue end."""
LAST = len(STOPS) - 1
SLIDERS = {"min": 0, "max": LAST, "active_min": 0, "active_max": LAST}
"""By the word in an address: where the slider stands when it says nothing."""


@dataclass(frozen=True)
class State:
    """What an address asks for."""

    kind: str
    search: str
    sort: str
    origin: str
    fits: str
    """A key of hardware."""
    sliders: tuple[int, ...]
    """Positions of `SLIDERS`."""
    chosen: tuple[tuple[str, str], ...]
    """(word of the address, value)."""

    def filter(self) -> Filter:
        low, high, active_low, active_high = self.sliders
        return Filter(
            self.kind,
            [[_facet(word, value)] for word, value in self.chosen],
            self.search or None,
            parameters=_between(low, high),
            active=_between(active_low, active_high),
            origin=self.origin,
            need=room_of(hardware_named(self.fits)) if self.fits else None,
        )

    def href(self, cursor: str | None = None) -> str:
        words = [("search", self.search), ("sort", self.sort), ("origin", self.origin)]
        words += [("fits", self.fits), *self._moved(), *self.chosen, ("cursor", cursor or "")]
        query = urlencode([(name, value) for name, value in words if value])
        return f"/{self.kind}s?{query}" if query else f"/{self.kind}s"

    def narrowed(self) -> Callable[[str, str], str]:
        """The addresses by one more value each: a page has a hundred of them."""
        here = self.href()
        start = f"{here}&" if "?" in here else f"{here}?"
        return lambda word, value: f"{start}{word}={quote_plus(value)}"

    def with_chosen(self, *chosen: tuple[str, str]) -> "State":
        return replace(self, chosen=chosen)

    def _moved(self) -> list[tuple[str, str]]:
        pairs = zip(SLIDERS.items(), self.sliders, strict=True)
        return [(word, str(at)) for (word, usual), at in pairs if at != usual]


@dataclass(frozen=True)
class Slider:
    word: str
    label: str
    at: int
    text: str


def list_page(request: Request) -> Response:
    """With `fragment`, the list alone, for the script that asks as somebody types."""
    hub, state = hub_of(request), _state(request)
    cursor = request.query_params.get("cursor") or None
    wanted = state.filter()
    # A search without a sort comes best match first.
    sort = state.sort or (None if state.search else "trending")
    rows, more, counts = hub.catalogue.page_with_counts(
        visitor(request), wanted, Page(sort, limit=SHOWN), cursor
    )
    saved = saved_hardware(request)
    return page(
        "list_body.html" if "fragment" in request.query_params else "list.html",
        section=f"{state.kind}s",
        policy=SCRIPT,
        state=state,
        rows=rows_shown(hub, rows),
        total=counts.total,
        is_capped=counts.is_capped,
        is_sampled=counts.sampled < counts.total,
        groups=_groups(state, counts.counts),
        chosen=_chips(state),
        sorts=SORTS,
        sliders=_sliders(state) if state.kind == "model" else [],
        stops=[_stop(n) for n in range(len(STOPS))],
        last=LAST,
        hardware=_hardware_choices(state, saved) if state.kind == "model" else [],
        origins=ORIGINS,
        clear=_cleared(state).href(),
        first=state.href() if cursor else None,
        following=state.href(more) if more else None,
    )


def _state(request: Request) -> State:
    words = request.query_params
    chosen = tuple(dict.fromkeys(
        (word, value[:MAX_SEARCH]) for word, value in words.multi_items()
        if word in FACETS and value
    ))  # fmt: skip
    if len(chosen) > MAX_FILTERS:
        raise BadRequest(f"A list can be narrowed by {MAX_FILTERS} values at most.")
    sort, origin, fits = (words.get(name, "") for name in ("sort", "origin", "fits"))
    if sort and sort not in SORTS:
        raise BadRequest(f"{sort[:60]!r} is no order: choose {', '.join(SORTS)}.")
    return State(
        kind=request.path_params["kind"],
        search=words.get("search", "").strip()[:MAX_SEARCH],
        sort=sort,
        origin=origin[:MAX_SEARCH],
        fits=key_of(hardware_named(fits)) if fits else "",
        sliders=tuple(_position(words.get(word), usual) for word, usual in SLIDERS.items()),
        chosen=chosen,
    )


def _position(text: str | None, usual: int) -> int:
    if not text:
        return usual
    if not (text.isascii() and text.isdigit() and len(text) < 3 and int(text) <= LAST):
        raise BadRequest(f"{text[:60]!r} is no size: sliders go from 0 to {LAST}.")
    return int(text)


def _between(low: int, high: int) -> tuple[int | None, int | None] | None:
    """Both included; None where neither slider was moved."""
    least = STOPS[low] if low else None
    most = STOPS[high] if high < LAST else None
    if least is None and most is None:
        return None
    return least, (most or 2) - 1 if most else None


def _facet(word: str, value: str) -> tuple[str, str]:
    return FACETS[word][0], f"{BASE}{value}" if word == "base_model" else value


def _stop(at: int) -> str:
    size = STOPS[at]
    return parameters(size) if size else ("0" if at == 0 else "any")


def _sliders(state: State) -> list[Slider]:
    labels = ("Size from", "Size to", "Active from", "Active to")
    pairs = zip(SLIDERS, labels, state.sliders, strict=True)
    return [Slider(word, label, at, _stop(at)) for word, label, at in pairs]


def _hardware_choices(state: State, saved: Hardware | None) -> list[tuple[str, str, bool]]:
    """Key, name, whether it is chosen: what the visitor saved, and what the address names."""
    found = {key_of(saved): f"Fits my {saved.name}"} if saved else {}
    if state.fits:
        found.setdefault(state.fits, f"Fits {hardware_named(state.fits).name}")
    return [(key, label, key == state.fits) for key, label in found.items()]


def _chips(state: State) -> list[tuple[str, str]]:
    """What narrows the list, and the address without it."""
    chips = [
        (value, state.with_chosen(*(it for it in state.chosen if it != (word, value))).href())
        for word, value in state.chosen
    ]
    if state.fits:
        chips.append((f"Fits {hardware_named(state.fits).name}", replace(state, fits="").href()))
    at = 0
    for name in ("Size", "Active"):
        low, high = state.sliders[at : at + 2]
        if _between(low, high):
            usual = tuple(SLIDERS.values())
            moved = (*state.sliders[:at], *usual[at : at + 2], *state.sliders[at + 2 :])
            text = f"{name} {_stop(low)} to {_stop(high)}"
            chips.append((text, replace(state, sliders=moved).href()))
        at += 2
    return chips


def _cleared(state: State) -> State:
    return replace(state, chosen=(), fits="", sliders=tuple(SLIDERS.values()))


def _groups(
    state: State, counts: dict[str, list[tuple[str, int]]]
) -> list[tuple[str, list[tuple[str, int, str]]]]:
    """By heading: what the list can be narrowed by further, how many fit, and the address."""
    chosen = set(state.chosen)
    groups = list[tuple[str, list[tuple[str, int, str]]]]()
    href = state.narrowed()
    for word, (kind, heading) in FACETS.items():
        others = (it for it in _values(word, counts.get(kind, [])) if (word, it[0]) not in chosen)
        some = [(it, count, href(word, it)) for it, count in islice(others, MOST_VALUES)]
        if some and not (word == "tag" and not state.chosen and len(groups) > 4):
            groups.append((heading, some))
    return groups


def _values(word: str, counted: list[tuple[str, int]]) -> list[tuple[str, int]]:
    if word == "base_model":
        plain = [(it.removeprefix(BASE), n) for it, n in counted if it.startswith(BASE)]
        return [(name, n) for name, n in plain if ":" not in name]
    if word == "tag":
        return [(it, n) for it, n in counted if not it.startswith(NOT_TAGS)]
    return counted


routes = [Route("/{kind:kind}", shown(list_page))]
