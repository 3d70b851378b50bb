"""A page per repo: its card, what it is and needs, where it comes from, how to use it.

A repo that is not here but was observed on another hub has a page too (observed.py).
"""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hearthub.catalogue import Facts
from hearthub.errors import RepoNotFound
from hearthub.fit import Evaluation, Wanted, evaluations_of
from hearthub.http.urls import base_url, repo_url
from hearthub.web import observed
from hearthub.web.file_content import card_of
from hearthub.web.gate_form import gate_of
from hearthub.web.hardware import hardware_of, key_of
from hearthub.web.model_sheet import Sheet, sheet_of
from hearthub.web.model_tree import ModelTree, tree_of
from hearthub.web.rendering import page, shown
from hearthub.web.repo_facts import MOST_RESULTS, SCRIPT, dtypes_of, licences_of, tags_of
from hearthub.web.repo_view import RepoView
from hearthub.web.sparkline import Sparkline
from hearthub.web.static_space import FRAME, space_frame
from hearthub.web.visitor import visit_of

CARDS = ("README.md",)


def repo_page(request: Request) -> Response:
    try:
        at = RepoView.of(request)
    except RepoNotFound:
        params = request.path_params
        full_name = f"{params['namespace']}/{params['name']}"
        return observed.observed_page(request, params.get("kind", "model"), full_name)
    hub, repo = at.hub, at.repo
    hardware = hardware_of(request)
    wanted = Wanted(hardware=(hardware,) if hardware else (), endpoint=base_url(request))
    facts = hub.catalogue.facts(repo, at.commit)
    counters = hub.catalogue.counters([repo])[repo.id]
    sheet = sheet_of(at, wanted)
    card, why = _card(at)
    frame = space_frame(hub, repo, at.commit, visit_of(request))
    return page(
        "repo.html",
        section=f"{repo.type}s",
        policy=f"{SCRIPT}; {FRAME}" if frame else SCRIPT,
        frame=frame,
        at=at,
        repo=repo,
        tab="card",
        may_settings=at.may_settings,
        facts=facts,
        counters=counters,
        is_liked=hub.community.is_liked(at.actor, repo),
        spark=Sparkline.of(hub.catalogue.recent_downloads(repo)) if counters.downloads else None,
        card=card,
        why=why,
        gate=gate_of(at, facts.card),
        hardware=hardware,
        hardware_key=key_of(hardware) if hardware else None,
        sheet=sheet,
        results=_results(at, sheet, facts),
        tree=_tree(at, facts),
        dtypes=dtypes_of(facts),
        licences=licences_of(facts, sheet),
        tags=tags_of(facts, repo.type),
        url=repo_url(request, repo.type, repo.full_name),
        base=base_url(request),
    )


def _card(at: RepoView) -> tuple[str | None, str]:
    """The card as safe HTML; or why there is none: restricted, failed, missing."""
    if not at.readable:
        return None, "restricted"
    entry = next(iter(at.hub.registry.paths(at.repo, at.commit, CARDS)), None)
    if entry is None or not entry.is_file or not entry.size:
        return None, "missing"
    card = card_of(at, entry)
    if card is None:
        return None, "failed"
    return (card, "") if card.strip() else (None, "missing")


def _tree(at: RepoView, facts: Facts) -> ModelTree | None:
    if at.repo.type != "model":
        return None
    return tree_of(at.hub, at.actor, at.repo.full_name, facts)


def _results(at: RepoView, sheet: Sheet | None, facts: Facts) -> Sequence[Evaluation]:
    """Of files too, where fit has read the model; else those of its card."""
    if sheet:
        return sheet.report.identity.evaluations[:MOST_RESULTS]
    is_model = at.repo.type == "model" and at.readable
    return evaluations_of(facts.card)[:MOST_RESULTS] if is_model else ()


routes = [
    Route("/{kind:kind}/{namespace:seg}/{name:seg}/history", shown(observed.history_page)),
    Route("/{namespace:owner}/{name:seg}/history", shown(observed.history_page)),
    Route("/{kind:kind}/{namespace:seg}/{name:seg}", shown(repo_page, slow=True)),
    Route("/{namespace:seg}/{name:seg}", shown(repo_page, slow=True)),
]
