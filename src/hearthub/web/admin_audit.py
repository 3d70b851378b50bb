"""The audit log of the whole hub, for its administrators: who, what, when, and as CSV."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hearthub.accounts import Account
from hearthub.clock import iso
from hearthub.community import Deed
from hearthub.errors import BadRequest
from hearthub.events import AccountEvent, Event
from hearthub.http.urls import hub_of
from hearthub.pulse import table_csv
from hearthub.web.admin import administrator
from hearthub.web.audit_pages import PAGE, deed_detail, deed_href, deed_words
from hearthub.web.rendering import HEADERS, page, shown, with_query

MOST_ROWS = 10_000
"""Of a CSV file; the next one begins where it ends (`before`)."""
MAX_WORD = 100  # characters
COLUMNS = (
    "id", "at", "action", "actor", "account", "repo_type", "repo", "detail", "token_id", "token",
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """What of the log: words as they were typed; days are of UTC, the last one included."""

    who: str
    what: str
    first: date | None
    last: date | None
    before: int | None
    account: Account | None
    """Who it is; None also where nobody has that name."""

    @property
    def is_nobody(self) -> bool:
        return bool(self.who) and self.account is None


def log_page(request: Request) -> Response:
    administrator(request)
    asked = _asked(request)
    found = _deeds(request, asked, PAGE + 1)
    older = with_query(request, before=str(found[PAGE - 1].id)) if len(found) > PAGE else None
    return page(
        "admin/audit_log.html",
        here="audit-log",
        asked=asked,
        kinds=[(kind, deed_words(kind)) for kind in known_kinds()],
        deeds=[(it, deed_words(it.kind), deed_href(it), deed_detail(it.detail))
               for it in found[:PAGE]],
        older=older,
        newest=with_query(request, before=None) if asked.before else None,
        csv=with_query(request).replace("/admin/audit-log", "/admin/audit-log.csv", 1),
        most_rows=MOST_ROWS,
    )  # fmt: skip


def log_csv(request: Request) -> Response:
    """Cells that a spreadsheet would take for formulas begin with an apostrophe."""
    administrator(request)
    rows = (
        {
            "id": it.id,
            "at": iso(it.at),
            "action": it.kind,
            "actor": it.actor,
            "account": it.account,
            "repo_type": it.repo_type,
            "repo": it.repo,
            "detail": orjson.dumps(it.detail).decode(),
            "token_id": it.token_id,
            "token": it.token,
        }
        for it in _deeds(request, _asked(request), MOST_ROWS)
    )
    headers = {**HEADERS, "Content-Disposition": 'attachment; filename="audit-log.csv"'}
    return Response(table_csv(rows, COLUMNS), media_type="text/csv", headers=headers)


def known_kinds() -> list[str]:
    """Of what happens; an old log may have others."""
    return sorted(it.__name__ for base in (Event, AccountEvent) for it in base.__subclasses__())


def _deeds(request: Request, asked: Asked, limit: int) -> list[Deed]:
    if asked.is_nobody:
        return []
    after = asked.last + timedelta(1) if asked.last and asked.last < date.max else None
    return hub_of(request).community.audit.everything(
        administrator(request),
        by=asked.account,
        kind=asked.what or None,
        since=_ms(asked.first) if asked.first else None,
        until=_ms(after) if after else None,
        before=asked.before,
        limit=limit,
    )


def _asked(request: Request) -> Asked:
    words = {name: request.query_params.get(name, "") for name in ("who", "what", "from", "to")}
    for name, word in words.items():
        if len(word) > MAX_WORD or word.encode(errors="replace").decode() != word:
            raise BadRequest(f"The {name} is no text that could stand in the log.")
    before = request.query_params.get("before", "")
    is_id = before.isascii() and before.isdigit() and len(before) < 19
    who = words["who"].strip()
    return Asked(
        who=who,
        what=words["what"].strip(),
        first=_day(words["from"]),
        last=_day(words["to"]),
        before=int(before) if is_id else None,
        account=hub_of(request).accounts.account(who) if who else None,
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise BadRequest(f"{text!r} is no day: write it as 2026-03-15.") from None


def _ms(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)


routes = [
    Route("/admin/audit-log", shown(log_page)),
    Route("/admin/audit-log.csv", shown(log_csv)),
]
