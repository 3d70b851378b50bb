"""Models side by side, as a page, as CSV and as Markdown."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hearthub.catalogue import Facts, Row
from hearthub.context import Hub
from hearthub.errors import BadRequest, HearthubError
from hearthub.fit import (
    Column,
    Hardware,
    Summary,
    Wanted,
    column_of_summary,
    column_texts,
    columns_csv,
    columns_markdown,
    evaluations_of,
    hardware_catalogue,
)
from hearthub.http.urls import hub_of
from hearthub.registry import Repo, Right
from hearthub.web.hardware import hardware_of, key_of
from hearthub.web.kept import Kept
from hearthub.web.model_tree import href_of
from hearthub.web.rendering import HEADERS, page, shown, with_query
from hearthub.web.visitor import visitor

MOST = 8
FORMATS = {"csv": ("text/csv", "compare.csv"), "md": ("text/markdown", "compare.md")}
_columns: Kept[Column] = Kept(2**22, lambda it: 2000 + sum(map(len, it.evaluations)))


def compare_page(request: Request) -> Response:
    ids, form = _ids(request), request.query_params.get("format")
    if form is not None and form not in FORMATS:
        raise BadRequest(f"{form[:60]!r} is no format: choose {', '.join(FORMATS)}.")
    columns, missing = _found(request, ids)
    if form and not columns:
        raise BadRequest("Name models to compare: ?ids=NAMESPACE/NAME,NAMESPACE/NAME")
    if form:
        return _download(form, columns)
    texts = column_texts(columns)
    return page(
        "fit/compare.html",
        section="fit",
        ids=ids,
        missing=missing,
        hardware=hardware_of(request),
        rows=[(name, [it[name] for it in texts]) for name in texts[0] if name != "model"]
        if texts else [],
        heads=[(it["model"], href_of(it["model"])) for it in texts],
        without=[
            with_query(request, add=None, ids=",".join(it for it in ids if it != name))
            for name in (it["model"] for it in texts)
        ],
        downloads=[(name, with_query(request, add=None, ids=",".join(ids), format=name))
                   for name in FORMATS],
    )  # fmt: skip


def _ids(request: Request) -> list[str]:
    found = [it.strip() for it in request.query_params.get("ids", "").split(",")]
    found += [it.strip() for it in request.query_params.getlist("add")]
    ids = list(dict.fromkeys(it for it in found if it))
    if len(ids) > MOST:
        raise BadRequest(f"{MOST} models at most are put side by side.")
    return [it[:200].encode(errors="replace").decode() for it in ids]


def _found(request: Request, ids: list[str]) -> tuple[list[Column], list[str]]:
    """Columns, and names that nobody knows or that the visitor may not see."""
    hub, actor = hub_of(request), visitor(request)
    chosen = hardware_of(request)
    hardware = (chosen,) if chosen else _some_hardware()
    known = hub.catalogue.named(actor, "model", [it for it in ids if "/" in it])
    columns, missing = list[Column](), list[str]()
    for name in ids:
        rows = known.get(name.lower())
        if rows:
            columns.append(_column(hub, request, rows[0], hardware))
        else:
            missing.append(name)
    return columns, missing


def _column(hub: Hub, request: Request, row: Row, hardware: tuple[Hardware, ...]) -> Column:
    may_read = row.repo and hub.registry.right(visitor(request), row.repo) >= Right.READ
    if row.repo and may_read and (found := _hosted(hub, row.repo, hardware)):
        return found
    facts = _facts(hub, row)
    return column_of_summary(
        row.full_name,
        Summary.from_json(facts.fit or {}),
        hardware,
        licence=", ".join(facts.licenses[:3]) or None,
        main_use=facts.pipeline_tag,
        results=evaluations_of(facts.card) if row.observed else (),
    )


def _facts(hub: Hub, row: Row) -> Facts:
    if row.observed:
        return row.observed.facts
    assert row.repo is not None  # noqa: S101 - a row is one of the two
    return hub.catalogue.facts(row.repo)


def _hosted(hub: Hub, repo: Repo, hardware: tuple[Hardware, ...]) -> Column | None:
    commit = hub.registry.head(repo)
    key = (repo.id, repo.full_name, commit, tuple(map(key_of, hardware)))

    def make() -> Column | None:
        model, _ = hub.catalogue.model(repo, commit)
        if model is None:
            return None
        try:
            return hub.fit.compare([model], Wanted(hardware=hardware))[0]
        except HearthubError:
            return None

    return _columns.get(key, make)


def _some_hardware() -> tuple[Hardware, ...]:
    """One of each kind and memory: to find the smallest that fits, more are not needed."""
    found: dict[object, Hardware] = {}
    for it in hardware_catalogue():
        if it.memory_gib and it.kind in ("gpu", "unified"):
            found.setdefault((it.kind, it.vendor, round(it.memory_gib)), it)
    return tuple(found.values())


def _download(form: str, columns: list[Column]) -> Response:
    text = columns_csv(columns) if form == "csv" else columns_markdown(columns)
    kind, name = FORMATS[form]
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(f"{text}\n", media_type=f"{kind}; charset=utf-8", headers=headers)


routes = [Route("/compare", shown(compare_page))]
