"""Log-in of devices, as huggingface_hub asks for it (RFC 8628)."""

from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from hearthub.accounts import Polled
from hearthub.errors import BadRequest
from hearthub.http.actor import CurrentHub
from hearthub.http.body import short_body
from hearthub.http.callers import address_of
from hearthub.http.urls import base_url

router = APIRouter(tags=["auth"])

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
MAX_FORM = 10_000  # bytes
NO_STORE = {"Cache-Control": "no-store"}
# RFC 6749 5.2 and RFC 8628 3.5; what a person reads.
_WHY = {
    "authorization_pending": "Nobody has approved the code yet",
    "slow_down": "Poll less often",
    "expired_token": "The code has expired: start again",
    "access_denied": "The code was refused",
    "invalid_grant": "The code is unknown, or was used already",
    "unsupported_grant_type": f"This hub knows the grant {DEVICE_GRANT} alone",
    "invalid_request": "A value is missing",
}


async def _form(request: Request) -> dict[str, str]:
    body = await short_body(request, MAX_FORM)
    try:
        fields = parse_qs(body.decode(), max_num_fields=50)
    except ValueError as error:  # bad UTF-8
        raise BadRequest(f"The form cannot be read: {error}") from None
    return {name: values[0] for name, values in fields.items()}


Form = Annotated[dict[str, str], Depends(_form)]


@router.post("/oauth/device", summary="Codes for a device that is to be logged in")
def start(request: Request, hub: CurrentHub, form: Form, response: Response) -> dict[str, Any]:
    if not form.get("client_id"):
        raise BadRequest("client_id is missing")
    agent = request.headers.get("user-agent", "")
    codes = hub.accounts.device.start(address_of(request.scope), agent)
    response.headers.update(NO_STORE)
    url = f"{base_url(request)}/oauth/device"
    return {
        "device_code": codes.device_code,
        "user_code": codes.user_code,
        "verification_uri": url,
        "verification_uri_complete": f"{url}?user_code={codes.user_code}",
        "expires_in": codes.expires_s,
        "interval": codes.interval_s,
    }


@router.post("/oauth/token", summary="A device's token, once it was approved")
def token(hub: CurrentHub, form: Form) -> JSONResponse:
    if form.get("grant_type") != DEVICE_GRANT:
        return _refused("unsupported_grant_type" if form.get("grant_type") else "invalid_request")
    code = form.get("device_code")
    if not code:
        return _refused("invalid_request")
    return _answer(hub.accounts.device.poll(code))


def _answer(polled: Polled) -> JSONResponse:
    if polled.token is None:
        refusal = str(polled.refusal)
        return _refused("invalid_grant" if refusal == "invalid" else refusal)
    found = {
        "access_token": polled.token,
        "token_type": "bearer",
        "expires_in": polled.lifetime_s,
        "scope": polled.role,
    }
    return JSONResponse(found, headers=NO_STORE)


def _refused(error: str) -> JSONResponse:
    found = {"error": error, "error_description": _WHY[error]}
    return JSONResponse(found, 400, headers=NO_STORE)
