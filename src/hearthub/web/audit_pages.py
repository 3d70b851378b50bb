"""The audit log: who did what in one's own namespace, and in an organisation one administers."""

import re
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hearthub.accounts import Account
from hearthub.community import Deed
from hearthub.errors import NotFound
from hearthub.http.paths import PREFIXES
from hearthub.http.urls import hub_of
from hearthub.web.rendering import page, shown, with_query
from hearthub.web.settings_pages import account_of
from hearthub.web.visitor import member

PAGE = 50
MAX_DETAIL = 300  # characters


def own_log(request: Request) -> Response:
    return _page(request, account_of(request))


def org_log(request: Request) -> Response:
    member(request)
    account = hub_of(request).accounts.account(request.path_params["name"])
    if account is None or account.kind != "org":
        raise NotFound("There is no such organisation.")
    return _page(request, account)


def _page(request: Request, account: Account) -> Response:
    before = request.query_params.get("before", "")
    last = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    found = hub_of(request).community.audit.page(
        member(request), account, before=last, limit=PAGE + 1
    )
    return page(
        "settings/audit_log.html",
        here="audit-log" if account.kind == "user" else "",
        account=account,
        deeds=[
            (it, deed_words(it.kind), deed_href(it), deed_detail(it.detail)) for it in found[:PAGE]
        ],
        older=with_query(request, before=str(found[PAGE - 1].id)) if len(found) > PAGE else None,
    )


def deed_words(kind: str) -> str:
    """RepoCreated: Repo created."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind).capitalize()


def deed_href(it: Deed) -> str | None:
    return f"/{PREFIXES[it.repo_type]}{it.repo}" if it.repo_type and it.repo else None


def _plain(value: object) -> str:
    """As JSON has it, but for text, which stands as it is."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def deed_detail(detail: dict[str, Any]) -> str:
    """What an event says besides, in short; much of it was written by strangers."""
    told = ", ".join(
        f"{name}: {_plain(value)}" for name, value in detail.items() if value not in ("", None)
    )
    return told if len(told) <= MAX_DETAIL else f"{told[:MAX_DETAIL]}…"


routes = [
    Route("/settings/audit-log", shown(own_log)),
    Route("/organizations/{name:seg}/audit-log", shown(org_log)),
]
