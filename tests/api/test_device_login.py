"""Log-in of devices over HTTP: the form that RFC 8628 wants, and its errors."""

import asyncio

import httpx
import pytest
from starlette.requests import Request
from starlette.types import Message

from hearthub.api import oauth
from hearthub.context import Hub
from hearthub.errors import BadRequest

GRANT = "urn:ietf:params:oauth:grant-type:device_code"


def start(client: httpx.Client) -> dict[str, object]:
    answer = client.post("/oauth/device", data={"client_id": "a client"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    found: dict[str, object] = answer.json()
    return found


def poll(client: httpx.Client, code: object) -> httpx.Response:
    form = {"grant_type": GRANT, "device_code": str(code), "client_id": "a client"}
    return client.post("/oauth/token", data=form)


def test_a_login(anyone: httpx.Client, parts: Hub) -> None:
    codes = start(anyone)
    url = f"{anyone.base_url}/oauth/device".replace("//oauth", "/oauth")
    assert codes["verification_uri"] == url
    assert codes["verification_uri_complete"] == f"{url}?user_code={codes['user_code']}"
    assert (codes["expires_in"], codes["interval"]) == (900, 5)
    answer = poll(anyone, codes["device_code"])
    assert (answer.status_code, answer.json()["error"]) == (400, "authorization_pending")
    assert poll(anyone, codes["device_code"]).json()["error"] == "slow_down"
    parts.accounts.device.approve("charlie", str(codes["user_code"]))
    answer = poll(anyone, codes["device_code"])
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    found = answer.json()
    assert (found["token_type"], found["expires_in"]) == ("bearer", 90 * 86_400)
    headers = {"Authorization": f"Bearer {found['access_token']}"}
    assert anyone.get("/api/whoami-v2", headers=headers).json()["name"] == "charlie"
    assert poll(anyone, codes["device_code"]).json()["error"] == "invalid_grant"


def test_denied(anyone: httpx.Client, parts: Hub) -> None:
    codes = start(anyone)
    parts.accounts.device.deny("charlie", str(codes["user_code"]))
    assert poll(anyone, codes["device_code"]).json()["error"] == "access_denied"


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": GRANT}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, "unsupported_grant_type"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": GRANT, "device_code": "unknown"}, "invalid_grant"),
    ],
)
def test_malformed(anyone: httpx.Client, form: dict[str, str], error: str) -> None:
    answer = anyone.post("/oauth/token", data=form)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_no_form(anyone: httpx.Client) -> None:
    for body in (b"", b"\xff", b"client_id=", b"x=" + b"y" * 20_000, b"{}"):
        assert anyone.post("/oauth/device", content=body).status_code == 400


def test_long_bodies_are_not_read_to_their_end() -> None:
    read = 0

    async def receive() -> Message:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": b"x" * 6000, "more_body": read < 100}

    with pytest.raises(BadRequest):
        asyncio.run(oauth._form(Request({"type": "http", "headers": []}, receive)))
    assert read == 2
