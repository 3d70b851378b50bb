"""The page of a repo that is on another hub: what was told of it, and how to bring it here."""

import re
import shlex
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from hearthub.catalogue import Listing
from hearthub.errors import NotFound, RepoNotFound, UnderWay
from hearthub.fit import Summary, evaluations_of
from hearthub.http.paths import PREFIXES
from hearthub.http.urls import hub_of
from hearthub.pulse import Told
from hearthub.web.estimates import estimates_of
from hearthub.web.hardware import hardware_of, key_of
from hearthub.web.model_tree import tree_of
from hearthub.web.rendering import looks_again, page, with_query
from hearthub.web.repo_facts import MOST_RESULTS, SCRIPT, dtypes_of, licences_of, tags_of
from hearthub.web.sparkline import Sparkline
from hearthub.web.visitor import visitor

_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?(?::\d{1,5})?", re.ASCII)
MOST_POINTS = 60  # rows of the table of its history


def observed_page(request: Request, kind: str, full_name: str) -> Response:
    """Raises RepoNotFound where nobody has seen it, exactly as for one that is private here."""
    hub, actor = hub_of(request), visitor(request)
    rows = hub.catalogue.named(actor, kind, [full_name]).get(full_name.lower(), [])
    found = [row.observed for row in rows if row.observed]
    if not found:
        raise RepoNotFound
    chosen = _chosen(request, found)
    facts, hardware = chosen.facts, hardware_of(request)
    summary = Summary.from_json(facts.fit) if facts.fit else None
    return page(
        "repo/observed.html",
        section=f"{kind}s",
        policy=SCRIPT,
        repo=chosen,
        facts=facts,
        counters=chosen.counters,
        origins=[(it.origin, with_query(request, source=it.origin), it is chosen) for it in found],
        source=source_url(chosen),
        command_text=import_command(chosen),
        hardware=hardware,
        hardware_key=key_of(hardware) if hardware else None,
        summary=summary,
        estimates=estimates_of(summary, hardware),
        results=evaluations_of(facts.card)[:MOST_RESULTS],
        tree=tree_of(hub, actor, chosen.full_name, facts) if kind == "model" else None,
        dtypes=dtypes_of(facts),
        licences=licences_of(facts, None),
        tags=tags_of(facts, kind),
        here=f"{_prefixed(chosen)}?{urlencode({'source': chosen.origin})}",
        history=f"{_prefixed(chosen)}/history?{urlencode({'source': chosen.origin})}",
    )


def history_page(request: Request) -> Response:
    """How its counters went: asked of the lake, which may take a while; then the page says so."""
    hub, params = hub_of(request), request.path_params
    kind, full_name = params.get("kind", "model"), f"{params['namespace']}/{params['name']}"
    rows = hub.catalogue.named(visitor(request), kind, [full_name]).get(full_name.lower(), [])
    found = [row.observed for row in rows if row.observed]
    if not found:
        raise RepoNotFound
    chosen = _chosen(request, found)
    told, since, under_way = list[Told](), None, None
    try:
        known = hub.pulse.history_soon(kind, chosen.full_name, chosen.origin)
        told, since = known.value, known.at
    except UnderWay as begun:
        under_way = begun
    answer = page(
        "repo/history.html",
        202 if under_way else 200,
        since=since,
        under_way=under_way,
        section=f"{kind}s",
        repo=chosen,
        back=f"{_prefixed(chosen)}?source={chosen.origin}",
        charts=list(_charts(told)),
        rows=list(reversed(told[-MOST_POINTS:])),
        more=max(0, len(told) - MOST_POINTS),
    )
    return looks_again(answer, under_way) if under_way else answer


def _charts(told: list[Told]) -> list[tuple[str, Sparkline, str, str]]:
    """Heading, line, first and last day."""
    kinds = (("Downloads, 30 days", "d30"), ("Downloads, all time", "d_all"), ("Likes", "likes"))
    found = []
    for heading, name in kinds:
        points = [(it.at, value) for it in told if (value := getattr(it, name)) is not None]
        if len(points) > 1:
            days = [f"{at:%Y-%m-%d}" for at, _ in points]
            line = Sparkline.between([value for _, value in points])
            found.append((heading, line, days[0], days[-1]))
    return found


def _chosen(request: Request, found: list[Listing]) -> Listing:
    """The one of `?source=`, else the one that most people took it from."""
    wanted = request.query_params.get("source")
    if wanted is None:
        return max(found, key=lambda it: (it.counters.downloads, it.origin))
    for listing in found:
        if listing.origin == wanted:
            return listing
    raise NotFound(f"It was not observed on {wanted[:60]!r}.")


def source_url(listing: Listing) -> str | None:
    """Its page on its own hub; None for an origin that is no host's name."""
    if not _HOST.fullmatch(listing.origin):
        return None
    return f"https://{listing.origin}{_prefixed(listing)}"


def import_command(listing: Listing) -> str:
    """Names are letters, digits, dots, dashes (catalogue/observed.py); quoted all the same."""
    words = ["hearthub", "import", listing.full_name]
    words += ["--type", listing.type] if listing.type != "model" else []
    words += ["--from", f"https://{listing.origin}"]
    return shlex.join(words)


def _prefixed(listing: Listing) -> str:
    return f"/{PREFIXES[listing.type]}{listing.full_name}"
