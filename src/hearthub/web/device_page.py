"""Where somebody logged in lets a device in: the page that `hf auth login` sends him to.

Whoever asks may be a stranger who sent his own code to somebody else: so the page says who asks,
from where, and what he gets, and it takes a button to say yes.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hearthub.accounts import Waiting
from hearthub.errors import BadRequest, HearthubError
from hearthub.http.errors import status_of
from hearthub.http.urls import hub_of
from hearthub.web.forms import Form, acted, see_other
from hearthub.web.rendering import page, shown
from hearthub.web.settings_pages import said
from hearthub.web.visitor import member

MAX_CODE = 40  # characters, as typed
ROLES = {
    "write": "Read, upload, create and delete, all as you may",
    "read": "Only read what you may read",
}
SAID = {
    "approved": "The device is logged in as you. Its access token is in your settings.",
    "denied": "The device was refused.",
}


def device_page(request: Request) -> Response:
    """`user_code`, where a device gave it away in its address, or somebody typed it.

    A code is tried when the page itself is opened: ten images of a card, each with a wrong one,
    would use up the tries of whoever looks at the card.
    """
    actor, code = member(request), request.query_params.get("user_code", "").strip()
    if not code:
        return _page(request)
    if request.headers.get("sec-fetch-dest", "document") != "document":
        return _page(request, code)
    try:
        waiting = hub_of(request).accounts.device.find(actor.user_id or 0, code[:MAX_CODE])
    except HearthubError as error:
        return _page(request, code, error=error)
    return _page(request, code, waiting)


def decide(request: Request, form: Form) -> Response:
    """POST belongs to the devices (api/oauth.py), so that forms go to an address below."""
    actor, device = member(request), hub_of(request).accounts.device
    code, answer, role = form.text("user_code"), form.text("answer"), form.text("role")
    try:
        if answer == "approve" and role in ROLES:
            device.approve(actor.user_id or 0, code[:MAX_CODE], role)
        elif answer == "deny":
            device.deny(actor.user_id or 0, code[:MAX_CODE])
        else:
            raise BadRequest("Approve or deny it, and choose what the device may do")
    except HearthubError as error:
        return _page(request, code, error=error)
    return see_other(f"/oauth/device?said={'approved' if answer == 'approve' else 'denied'}")


def _page(
    request: Request,
    code: str = "",
    waiting: Waiting | None = None,
    error: HearthubError | None = None,
) -> Response:
    return page(
        "device.html",
        200 if error is None else status_of(error, anonymous=False),
        code=code[:MAX_CODE],
        waiting=waiting,
        roles=ROLES,
        error=error,
        said=said(request, SAID),
    )


routes = [
    Route("/oauth/device", shown(device_page)),
    Route("/oauth/device/answer", acted(decide), methods=["POST"]),
]
