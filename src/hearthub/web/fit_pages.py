"""Which models fit some hardware, and which hardware fits a model."""

import math
from dataclasses import dataclass
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hearthub.catalogue import Filter, Page
from hearthub.errors import BadRequest, RepoNotFound
from hearthub.fit import (
    ENGINES,
    Cell,
    Hardware,
    Summary,
    Wanted,
    hardware_catalogue,
    room_of,
)
from hearthub.http.urls import base_url, hub_of
from hearthub.web.estimates import estimates_of, judged
from hearthub.web.forms import acted
from hearthub.web.hardware import asked_hardware, choices, hardware_of, key_of, save
from hearthub.web.kept import Kept
from hearthub.web.list_rows import RowShown, rows_shown
from hearthub.web.model_sheet import Sheet, sheet_of
from hearthub.web.rendering import page, shown, with_query
from hearthub.web.repo_facts import SCRIPT
from hearthub.web.repo_view import RepoView, numbered
from hearthub.web.visitor import visitor

SHOWN = 30
MOST_COLUMNS = 10
SORTS = {"trending": "Trending", "downloads": "Most downloads", "likes": "Most likes"}
CACHES = ("f16", "q8_0", "q4_0", "fp8")
GIB = 2**30


@dataclass(frozen=True)
class Ranked:
    """A model that fits, and the share of the memory that it needs at least."""

    row: RowShown
    need_bytes: int | None
    share: float
    context: int | None


@dataclass(frozen=True)
class Line:
    """Hardware of one kind and memory, whose verdicts are the same."""

    kind: str
    memory_gib: float
    names: tuple[str, ...]
    key: str
    cells: tuple[Cell, ...]
    is_chosen: bool


Matrix = tuple[list[str], list[Line]]
_matrices: Kept[Matrix] = Kept(2**24, lambda it: 200 * len(it[1]) * (1 + len(it[0])))


def fit_page(request: Request) -> Response:
    """The catalogue for the chosen hardware; without one, only the choice of it."""
    hub, hardware = hub_of(request), hardware_of(request)
    sort = request.query_params.get("sort") or "trending"
    if sort not in SORTS:
        raise BadRequest(f"{sort[:60]!r} is no order: choose {', '.join(SORTS)}.")
    origin = request.query_params.get("origin", "all")[:200]
    task = request.query_params.get("task", "").strip()[:100]
    ranked, more = list[Ranked](), None
    if hardware:
        any_of = [[("task", task)]] if task else []
        wanted = Filter("model", any_of, origin=origin, need=room_of(hardware))
        cursor = request.query_params.get("cursor") or None
        rows, more = hub.catalogue.page(visitor(request), wanted, Page(sort, limit=SHOWN), cursor)
        ranked = [_ranked(it, hardware) for it in rows_shown(hub, rows)]
    saved = hardware_of(request) if asked_hardware(request) is None else None
    return page(
        "fit/fit.html",
        section="fit",
        policy=SCRIPT,
        choices=choices(),
        hardware=hardware,
        hardware_key=key_of(hardware) if hardware else "",
        is_saved=saved is not None,
        ranked=ranked,
        sort=sort,
        sorts=SORTS,
        task=task,
        origin=origin,
        following=with_query(request, cursor=more) if more else None,
        next=request.query_params.get("next", ""),
    )


def _ranked(row: RowShown, hardware: Hardware) -> Ranked:
    need = row.summary.need_bytes if row.summary else None
    memory = (hardware.memory_gib or 0) * GIB
    share = min(1.0, need / memory) if need and memory else 0.0
    return Ranked(row, need, share, row.summary.context if row.summary else None)


def model_page(request: Request) -> Response:
    """One model on all hardware, and its memory on the chosen one."""
    hub, hardware = hub_of(request), hardware_of(request)
    wanted = _wanted(request, hardware)
    full_name = f"{request.path_params['namespace']}/{request.path_params['name']}"
    try:
        at = RepoView.of(request)
    except RepoNotFound:
        return _estimated(request, full_name, wanted, hardware)
    sheet = sheet_of(at, wanted)
    if sheet is None:
        facts = hub.catalogue.facts(at.repo, at.commit)
        summary = Summary.from_json(facts.fit) if facts.fit else None
        estimates = estimates_of(summary, hardware)
        return _page(request, full_name, wanted, hardware, estimates=estimates)
    labels, lines = _matrix(at, sheet, wanted, hardware)
    return _page(request, full_name, wanted, hardware, sheet=sheet, labels=labels, lines=lines)


def _estimated(
    request: Request, full_name: str, wanted: Wanted, hardware: Hardware | None
) -> Response:
    """Of a model that is elsewhere: by what lists know."""
    rows = hub_of(request).catalogue.named(visitor(request), "model", [full_name])
    found = next((it.observed for it in rows.get(full_name.lower(), []) if it.observed), None)
    if found is None:
        raise RepoNotFound
    summary = Summary.from_json(found.facts.fit) if found.facts.fit else None
    lines = []
    if summary and summary.need_bytes:
        for group in _groups(hardware_catalogue()):
            verdict = judged(summary.need_bytes, group[0])
            cells = (Cell(verdict, True),) if verdict else ()
            lines.append(_line(group, cells, hardware))
    estimates = estimates_of(summary, hardware)
    return _page(request, full_name, wanted, hardware, estimates=estimates, lines=lines,
                 labels=["its weights"])  # fmt: skip


def _page(
    request: Request,
    full_name: str,
    wanted: Wanted,
    hardware: Hardware | None,
    **values: Any,
) -> Response:
    sheet = cast("Sheet | None", values.get("sheet"))
    placed = sheet.report.placed[0] if sheet and sheet.report.placed else None
    return page(
        "fit/model.html",
        section="fit",
        policy=SCRIPT,
        full_name=full_name,
        wanted=wanted,
        hardware=hardware,
        hardware_key=key_of(hardware) if hardware else "",
        choices=choices(),
        engines=ENGINES,
        caches=CACHES,
        placed=placed,
        memory=(placed.memory if placed else sheet.report.memory) if sheet else None,
        is_asked=bool(request.query_params),
        **({"sheet": None, "estimates": [], "lines": [], "labels": []} | values),
    )


def _wanted(request: Request, hardware: Hardware | None) -> Wanted:
    """Raises BadRequest for what cannot be."""
    words = request.query_params
    return Wanted(
        hardware=(hardware,) if hardware else (),
        gpus=numbered(words.get("gpus"), 1024) or 1,
        context=numbered(words.get("context"), 10**8) or None,
        parallel=numbered(words.get("parallel"), 2**16) or 1,
        cache_type=cast(Any, words.get("cache") or "f16"),
        engine=words.get("engine") or None,
        file=words.get("file", "")[:500] or None,
        endpoint=base_url(request),
    )


def _matrix(at: RepoView, sheet: Sheet, wanted: Wanted, chosen: Hardware | None) -> Matrix:
    """At most `MOST_COLUMNS` of the weights, the smallest and the largest among them."""
    key = (at.repo.id, at.commit, wanted.context, wanted.gpus, wanted.parallel,
           wanted.cache_type, wanted.engine, key_of(chosen) if chosen else None)  # fmt: skip

    def make() -> Matrix | None:
        model, _ = at.hub.catalogue.model(at.repo, at.commit)
        if model is None:
            return None
        groups = _groups(hardware_catalogue())
        names, rows = at.hub.fit.matrix(model, wanted, [group[0] for group in groups])
        picked = _picked(len(names))
        labels = {row.name: row.label or row.format for row in sheet.rows}
        lines = [
            _line(group, tuple(cells[n] for n in picked), chosen)
            for group, (_, cells) in zip(groups, rows, strict=True)
        ]
        return [labels.get(names[n], names[n]) for n in picked], lines

    return _matrices.get(key, make) or ([], [])


def _picked(count: int) -> list[int]:
    if count <= MOST_COLUMNS:
        return list(range(count))
    step = (count - 1) / (MOST_COLUMNS - 1)
    return sorted({round(n * step) for n in range(MOST_COLUMNS)})


def _groups(hardware: tuple[Hardware, ...]) -> list[list[Hardware]]:
    """Those alike, for an engine and by their memory, the smallest first within a kind."""
    groups: dict[object, list[Hardware]] = {}
    for it in hardware:
        if it.memory_gib:
            size = math.floor(10 * it.memory_gib)
            key = (it.kind, it.vendor, it.compute_capability, size)
            groups.setdefault(key, []).append(it)
    kinds = ["gpu", "unified", "accelerator", "phone", "cpu"]
    return sorted(groups.values(), key=lambda it: (kinds.index(it[0].kind), it[0].memory_gib or 0))


def _line(group: list[Hardware], cells: tuple[Cell, ...], chosen: Hardware | None) -> Line:
    first = group[0]
    return Line(
        kind=first.kind,
        memory_gib=first.memory_gib or 0,
        names=tuple(it.name for it in group),
        key=first.key,
        cells=cells,
        is_chosen=chosen is not None and any(it.key == chosen.key for it in group),
    )


routes = [
    Route("/fit", shown(fit_page)),
    Route("/fit/hardware", acted(save, anybody=True), methods=["POST"]),
    Route("/fit/{namespace:seg}/{name:seg}", shown(model_page)),
]
