"""What agents may ask (MCP): each tool with what it takes and gives, for whoever asks.

A tool calls the doors that the API calls, with the same actor: it refuses nothing the API would
grant, and grants nothing it would refuse. Without the SDK, which is imported later.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from hearthub.accounts import Actor
from hearthub.api.describe import Describer, check_expand, describe_observed, row_names
from hearthub.api.lists import MAX_FULL_LIST, SORTS, described_rows, filter_of
from hearthub.api.pulse import claims_json, metric_json, trending_json
from hearthub.catalogue import Filter, Listing, Page
from hearthub.context import Hub
from hearthub.errors import BadRequest, Moved, NotFound, RepoNotFound
from hearthub.fit import Fit, Model, Wanted, hardware_named, most_that_fits, report_json
from hearthub.http.threads import run_making
from hearthub.pulse import known_metrics
from hearthub.registry import Repo, Right

Json = dict[str, Any]
Kind = Literal["model", "dataset", "space"]
MAX_ROWS = 1000
_MAX_HARDWARE = 16


class Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Search(Arguments):
    query: str = Field("", max_length=500, description="Words; empty: everything that fits")
    type: Kind = "model"
    author: str | None = Field(None, max_length=200)
    tags: list[str] = Field([], max_length=32, description="All of them, such as license:mit")
    task: str | None = Field(None, max_length=200, description="Such as text-generation")
    library: str | None = Field(None, max_length=200)
    license: str | None = Field(None, max_length=200)
    parameters: str | None = Field(None, max_length=100, description="Such as min:6B,max:12B")
    fits: str | None = Field(
        None, max_length=200, description="What a model must fit: RTX 4090, or memory in GiB"
    )
    origin: str = Field(
        "all", max_length=200, description="A hub's host; all; empty: hosted here alone"
    )
    sort: Literal["downloads", "likes", "trendingScore", "createdAt", "lastModified"] | None = (
        Field(None, description="Default: the best match first")
    )
    expand: list[str] = Field([], max_length=32, description="Fields, as `expand` of the API")
    limit: int = Field(20, ge=1, le=MAX_FULL_LIST)
    cursor: str | None = Field(None, max_length=500, description="`next` of the page before")


class Facts(Arguments):
    repo: str = Field(max_length=200, description="NAMESPACE/NAME")
    type: Kind = "model"
    revision: str = Field("main", max_length=200, description="A branch, tag or commit")


class FitOf(Arguments):
    repo: str = Field(max_length=200, description="A model: NAMESPACE/NAME")
    hardware: list[str] = Field(
        [], max_length=_MAX_HARDWARE, description="Such as RTX 4090, H100, M4 Max 64 GB"
    )
    vram_gib: float | None = Field(None, gt=0, description="Memory of one GPU, if not known")
    ram_gib: float | None = Field(None, gt=0, description="Memory beside it, or of a CPU")
    gpus: int = Field(1, ge=1, le=1024, description="So many of each hardware")
    context: int | None = Field(None, ge=1, description="Tokens of one sequence")
    engine: str | None = Field(None, max_length=40, description="Such as vllm or llama.cpp")
    file: str | None = Field(None, max_length=500, description="Which weights, such as Q4_K_M")
    revision: str = Field("main", max_length=200)


class Trend(Arguments):
    type: Kind = "model"
    sort: Literal["hub", "pulse", "surprise"] | None = None
    universe: str | None = Field(None, max_length=200, description="TYPE[@SOURCE][/FILTER]")
    limit: int = Field(20, ge=1, le=200)


class Measure(Arguments):
    name: str | None = Field(None, max_length=100, description="Without it all are listed")
    by: str | None = Field(None, max_length=100, description="One of the metric's dimensions")
    universe: str | None = Field(None, max_length=200, description="TYPE[@SOURCE][/FILTER]")
    window: str | None = Field(
        None, max_length=100, description="30d, 2025, 2025-Q4, 2025-08, 2025-W33, FIRST..LAST, all"
    )
    limit: int = Field(200, ge=1, le=MAX_ROWS, description="Rows at most")


class ClaimOf(Arguments):
    id: str | None = Field(None, max_length=100, description="Without it all are judged")
    source: str | None = Field(None, max_length=64, description="Whose data decide")


@dataclass(frozen=True)
class Tool:
    name: str
    description: str
    arguments: type[Arguments]
    output: Json
    """JSON schema of what it gives."""
    call: Callable[[Hub, Actor, Any], Awaitable[Json]]


async def search(hub: Hub, actor: Actor, it: Search) -> Json:
    wanted = await filter_of(
        it.type,
        filter=it.tags,
        author=it.author,
        search=[it.query],
        pipeline_tag=it.task,
        library=[it.library] if it.library else None,
        license=it.license,
        num_parameters=it.parameters,
        fits=it.fits,
        origin=it.origin,
    )
    page = Page(SORTS[it.sort] if it.sort else None, False, it.limit)
    return await run_in_threadpool(_search, hub, actor, wanted, page, it)


def _search(hub: Hub, actor: Actor, wanted: Filter, page: Page, it: Search) -> Json:
    fields = check_expand(it.type, it.expand)
    rows, more = hub.catalogue.page(actor, wanted, page, it.cursor)
    names = row_names(it.type, full=False, config=False, card=False)
    return {"repos": described_rows(hub, rows, fields, names), "next": more}


async def facts(hub: Hub, actor: Actor, it: Facts) -> Json:
    return await run_in_threadpool(_facts, hub, actor, it)


def _facts(hub: Hub, actor: Actor, it: Facts) -> Json:
    found = _find(hub, actor, it.type, it.repo, Right.METADATA)
    if isinstance(found, Listing):
        names = row_names(it.type, full=False, config=True, card=True)
        more = ["baseModels", "safetensors", "gguf", "fit"] if it.type == "model" else []
        return {"facts": describe_observed(found, [*names, *more], {})}
    commit = hub.registry.commit_of(found, it.revision)
    return {"facts": Describer(hub, [found], commit).full(found)}


async def fit(hub: Hub, actor: Actor, it: FitOf) -> Json:
    # Anybody may ask: uploads and log-ins have threads of their own.
    return await run_making(_fit, hub, actor, it)


def _fit(hub: Hub, actor: Actor, it: FitOf) -> Json:
    if "auto" in it.hardware:
        raise BadRequest("Name the hardware: this hub does not know yours")
    found = _find(hub, actor, "model", it.repo, Right.READ)
    hardware = hardware_named(tuple(it.hardware), vram_gib=it.vram_gib, ram_gib=it.ram_gib)
    if isinstance(found, Listing):
        return _fit_of_observed(found, it)
    wanted = Wanted(
        hardware=hardware, gpus=it.gpus, context=it.context, engine=it.engine, file=it.file
    )
    answers = Fit(hub.sandbox)

    def model(repo: Repo, revision: str) -> Model:
        return answers.of_repo(hub.registry, repo, hub.registry.commit_of(repo, revision))

    def base(name: str) -> Model | None:
        repo = hub.registry.repo(actor, "model", name, Right.READ)
        return model(repo, "main")

    report = report_json(answers.show(model(found, it.revision), wanted, base))
    return {"repo": found.full_name, "origin": None, "report": report, "guess": None}


def _fit_of_observed(found: Listing, it: FitOf) -> Json:
    """Of another hub only what its listing tells is known: no header was read."""
    told = found.facts.fit or {}
    need = told.get("need_bytes")
    verdicts = [
        {"hardware": name, "fits": None if need is None else need <= most_that_fits(name)}
        for name in it.hardware
    ]
    guess = {"summary": told or None, "verdicts": verdicts}
    return {"repo": found.full_name, "origin": found.origin, "report": None, "guess": guess}


async def trending(hub: Hub, _actor: Actor, it: Trend) -> Json:
    return await run_in_threadpool(trending_json, hub, it.type, it.sort, it.universe, it.limit)


async def metric(hub: Hub, _actor: Actor, it: Measure) -> Json:
    return await run_in_threadpool(_metric, hub, it)


def _metric(hub: Hub, it: Measure) -> Json:
    known = [each.to_json() for each in known_metrics() if it.name in (None, each.id)]
    if it.name is None:
        return {"metrics": known, "rows": [], "total": 0}
    rows = metric_json(hub, it.name, it.by, it.universe, it.window)
    return {"metrics": known, "rows": rows[: it.limit], "total": len(rows)}


async def claim(hub: Hub, _actor: Actor, it: ClaimOf) -> Json:
    return await run_in_threadpool(_claim, hub, it)


def _claim(hub: Hub, it: ClaimOf) -> Json:
    found = claims_json(hub, hub.pulse.claims(it.source))
    chosen = [each for each in found if it.id in (None, each["claim"])]
    if not chosen:
        raise NotFound(f"No claim is called {it.id!r}")
    return {"claims": chosen}


def _find(hub: Hub, actor: Actor, kind: str, name: str, need: Right) -> Repo | Listing:
    """A repo that is hosted here, under its old name too; else the one of another hub."""
    try:
        return hub.registry.repo(actor, kind, name, need)
    except Moved as moved:
        return hub.registry.repo(actor, kind, moved.new_name, need)
    except RepoNotFound:
        wanted = Filter(kind, search=name, origin="all")
        rows, _ = hub.catalogue.page(actor, wanted, Page(None, False, 20))
        for row in rows:
            if row.observed and row.observed.full_name.lower() == name.lower():
                return row.observed
        raise


def _object(required: str, **properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": required.split()}


def _array(items: Json) -> Json:
    return {"type": "array", "items": items}


_TEXT = {"type": "string"}
_ID = {"type": "string", "description": "NAMESPACE/NAME, as a stranger wrote it"}
_NUMBER = {"type": ["number", "null"]}
_MAYBE = {"type": ["string", "null"]}
_ANY = {"type": ["object", "null"]}
_REPO = _object("id", id=_ID, origin=_MAYBE, downloads=_NUMBER, likes=_NUMBER)
_ROW = _object(
    "metric universe source window_start window_end value n synthetic",
    **dict.fromkeys(("metric", "universe", "source", "window_start", "window_end"), _TEXT),
    **dict.fromkeys(("value", "lo", "hi", "numerator", "denominator", "coverage"), _NUMBER),
    n={"type": "integer"},
    dimension=_TEXT,
    reason=_TEXT,
    synthetic={"type": "boolean", "description": "Made up, and to be called so"},
)
_RISER = _object("rank id value", rank={"type": "integer"}, id=_ID, value=_NUMBER)
_CLAIM = _object(
    "claim text source verdict why",
    **dict.fromkeys(("claim", "text", "source", "verdict", "why"), _TEXT),
    found=_ANY,
)

TOOLS = (
    Tool(
        "search",
        "Find models, datasets and spaces by words, tags, size, licence and what they fit.",
        Search,
        _object("repos next", repos=_array(_REPO), next=_MAYBE),
        search,
    ),
    Tool(
        "facts",
        "What is known of one repo: task, licence, size, base models, counters, files.",
        Facts,
        _object("facts", facts=_REPO),
        facts,
    ),
    Tool(
        "fit",
        "What a model needs, whether it fits hardware, how fast it runs, and how to run it.",
        FitOf,
        _object("repo origin report guess", repo=_ID, origin=_MAYBE, report=_ANY, guess=_ANY),
        fit,
    ),
    Tool(
        "trending",
        "What gains most in seven days.",
        Trend,
        _object(
            "type sort universe source at synthetic rows",
            **dict.fromkeys(("type", "sort", "universe", "source", "at"), _TEXT),
            synthetic={"type": "boolean"},
            rows=_array(_RISER),
        ),
        trending,
    ),
    Tool(
        "metric",
        "Numbers about a hub: each with its definition, universe, window and interval.",
        Measure,
        _object(
            "metrics rows total",
            metrics=_array({"type": "object"}),
            rows=_array(_ROW),
            total={"type": "integer"},
        ),
        metric,
    ),
    Tool(
        "claim",
        "What others published about the ecosystem, and whether these data say so too.",
        ClaimOf,
        _object("claims", claims=_array(_CLAIM)),
        claim,
    ),
)
