"""Webhooks of whoever is logged in: where to, what of, and the log of what was sent.

A secret is never shown, nor sent back by a form: an empty field leaves it as it is.
"""

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hearthub.community import Watched, Webhook
from hearthub.context import Hub
from hearthub.errors import BadRequest, HearthubError
from hearthub.http.errors import status_of
from hearthub.http.paths import PREFIXES
from hearthub.http.urls import hub_of
from hearthub.web.forms import Form, acted, see_other
from hearthub.web.rendering import page, shown
from hearthub.web.settings_pages import said
from hearthub.web.visitor import member

ALL = "/settings/webhooks"
ONE = ALL + "/{webhook:seg}"
DOMAINS = {
    "repo": "Repos: commits, branches and tags, settings, moves, deletion",
    "discussion": "Discussions and pull requests, and comments on them",
}
MAX_LINES = 100
MAX_SHOWN = 20_000  # characters of what was sent
LOG_PAGE = 50  # as long as deliveries.log makes one
SAID = {
    "created": "Created. It hears of what happens from now on.",
    "saved": "Saved.",
    "enabled": "Enabled: it sends from now on.",
    "disabled": "Disabled: it sends nothing any more.",
    "deleted": "Deleted, with its log.",
    "replayed": "The same is sent once more, as a delivery of its own.",
}
_KINDS = {f"{kind}s/": kind for kind in PREFIXES}


def list_page(request: Request) -> Response:
    return _list(request)


def create(request: Request, form: Form) -> Response:
    actor, hub = member(request), hub_of(request)
    typed = _typed(form)
    try:
        made = hub.community.webhooks.create(
            actor, typed["url"], watched_of(hub, typed["watched"]), typed["domains"],
            form.text("secret") or None,
        )  # fmt: skip
    except HearthubError as error:
        return _list(request, typed, error)
    return see_other(f"{ALL}/{made.uid}?said=created")


def one_page(request: Request) -> Response:
    return _one(request)


def save(request: Request, form: Form) -> Response:
    actor, hub, uid = member(request), hub_of(request), request.path_params["webhook"]
    typed = _typed(form)
    try:
        if not typed["url"]:
            raise BadRequest("A webhook has an address")
        watched = watched_of(hub, typed["watched"])
        if not watched:
            raise BadRequest("A webhook watches at least one user, organisation or repo")
        hub.community.webhooks.change(
            actor, uid, url=typed["url"], watched=watched, domains=typed["domains"],
            secret=form.text("secret") or None,
        )  # fmt: skip
    except HearthubError as error:
        return _one(request, typed, error)
    return see_other(f"{ALL}/{uid}?said=saved")


def switch(request: Request, form: Form) -> Response:
    uid, is_off = request.path_params["webhook"], not form.has("enable")
    hub_of(request).community.webhooks.set_disabled(member(request), uid, is_off)
    return see_other(f"{ALL}/{uid}?said={'disabled' if is_off else 'enabled'}")


def delete(request: Request, _form: Form) -> Response:
    hub_of(request).community.webhooks.delete(member(request), request.path_params["webhook"])
    return see_other(f"{ALL}?said=deleted")


def delivery_page(request: Request) -> Response:
    actor, hub, params = member(request), hub_of(request), request.path_params
    webhook = hub.community.webhooks.get(actor, params["webhook"])
    found = hub.community.deliveries.get(webhook, params["delivery"])
    sent = found.payload and orjson.dumps(found.payload, option=orjson.OPT_INDENT_2).decode()
    return page(
        "settings/delivery.html",
        here="webhooks",
        webhook=webhook,
        it=found,
        sent=sent[:MAX_SHOWN] if sent else None,
        is_cut=bool(sent and len(sent) > MAX_SHOWN),
    )


def replay(request: Request, _form: Form) -> Response:
    actor, hub, params = member(request), hub_of(request), request.path_params
    webhook = hub.community.webhooks.get_to_change(actor, params["webhook"])
    try:
        hub.community.deliveries.replay(webhook, params["delivery"])
    except HearthubError as error:
        return _one(request, error=error)
    return see_other(f"{ALL}/{webhook.uid}?said=replayed")


def watched_of(hub: Hub, text: str) -> list[Watched]:
    """A line each: `alice`, `alice/bert`, `datasets/alice/texts`; BadRequest, NotFound."""
    lines = [line.strip().strip("/") for line in text.splitlines()]
    lines = [line for line in lines if line]
    if len(lines) > MAX_LINES:
        raise BadRequest(f"A webhook watches at most {MAX_LINES} users and repos")
    return [_watched(hub, line) for line in lines]


def _watched(hub: Hub, line: str) -> Watched:
    for start, kind in _KINDS.items():
        if line.startswith(start) and line.count("/") == 2:
            return Watched(kind, line.removeprefix(start))
    if "/" in line:
        return Watched("model", line)
    account = hub.accounts.account(line)
    return Watched(account.kind if account else "user", line)


def _line(it: Watched) -> str:
    return it.name if it.type in ("user", "org") else f"{PREFIXES[it.type]}{it.name}"


def _typed(form: Form) -> dict[str, Any]:
    return {
        "url": form.text("url"),
        "watched": form.raw("watched"),
        "domains": form.all("domains"),
    }


def _list(
    request: Request, typed: dict[str, Any] | None = None, error: HearthubError | None = None
) -> Response:
    actor = member(request)
    return page(
        "settings/webhooks.html",
        200 if error is None else status_of(error, anonymous=False),
        here="webhooks",
        said=said(request, SAID),
        error=error,
        webhooks=[(it, _lines(it)) for it in hub_of(request).community.webhooks.all(actor)],
        typed=typed or {"url": "", "watched": actor.name, "domains": list(DOMAINS)},
        domains=DOMAINS,
        has_secret=False,
    )


def _lines(webhook: Webhook) -> list[str]:
    return [_line(it) for it in webhook.watched]


def _one(
    request: Request, typed: dict[str, Any] | None = None, error: HearthubError | None = None
) -> Response:
    actor, community = member(request), hub_of(request).community
    webhook = community.webhooks.get(actor, request.path_params["webhook"])
    log = community.deliveries.log(webhook, request.query_params.get("before", "")[:24] or None)
    kept = {
        "url": webhook.url,
        "watched": "\n".join(_lines(webhook)),
        "domains": webhook.domains,
    }
    return page(
        "settings/webhook.html",
        200 if error is None else status_of(error, anonymous=False),
        here="webhooks",
        said=said(request, SAID),
        error=error,
        webhook=webhook,
        typed=typed or kept,
        domains=DOMAINS,
        has_secret=webhook.secret is not None,
        log=log,
        older=f"{ALL}/{webhook.uid}?before={log[-1].uid}#log" if len(log) == LOG_PAGE else None,
    )


routes = [
    Route(ALL, shown(list_page)),
    Route(ALL, acted(create), methods=["POST"]),
    Route(ONE, shown(one_page)),
    Route(ONE, acted(save), methods=["POST"]),
    Route(ONE + "/switch", acted(switch), methods=["POST"]),
    Route(ONE + "/delete", acted(delete), methods=["POST"]),
    Route(ONE + "/deliveries/{delivery:seg}", shown(delivery_page)),
    Route(ONE + "/deliveries/{delivery:seg}/replay", acted(replay), methods=["POST"]),
]
