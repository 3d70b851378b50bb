"""An OpenID Connect provider on loopback, which can be told to lie."""

import hmac
import json
import secrets
import threading
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

CLIENT, SECRET = "hearthub", "the-provider-gave-it"


class Provider:
    """Whoever is sent here is signed in at once, as `person`. `lie` changes claims of the next ID
    token; `key` and `algorithm` are what it is signed with."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.published = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self.key: RSAKey | ECKey | OctKey | None = self.published
        self.algorithm = "RS256"
        self.person: dict[str, Any] = {}
        self.lie: dict[str, Any] = {}
        self.told: dict[str, Any] = {}
        """At the userinfo endpoint."""
        self.codes: dict[str, dict[str, str]] = {}
        self.odd_keys: list[Any] = []
        self.says_no = False
        self.is_down = False
        self.asked: list[str] = []

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "id_token_signing_alg_values_supported": ["RS256", "ES256", "HS256", "none"],
        }

    def authorize(self, query: dict[str, str]) -> str:
        """Where the browser goes."""
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT
        assert query["code_challenge_method"] == "S256"
        back = {"state": query["state"]}
        if self.says_no:
            back |= {"error": "access_denied", "error_description": "<b>Not</b> you"}
        else:
            code = secrets.token_urlsafe(16)
            self.codes[code] = query
            back["code"] = code
        return f"{query['redirect_uri']}?{urlencode(back)}"

    def token(self, form: dict[str, str], credentials: str) -> dict[str, Any] | None:
        """What a code is good for, once."""
        asked = self.codes.pop(form["code"], None)
        if asked is None or b64decode(credentials).decode() != f"{CLIENT}:{SECRET}":
            return None
        digest = sha256(form["code_verifier"].encode()).digest()
        assert urlsafe_b64encode(digest).decode().rstrip("=") == asked["code_challenge"]
        assert form["redirect_uri"] == asked["redirect_uri"]
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 60,
                  "nonce": asked["nonce"], **self.person, **self.lie}  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        signed = self.signed(claims)
        return {"access_token": "of-access", "token_type": "Bearer", "id_token": signed}

    def signed(self, claims: dict[str, Any]) -> str:
        header = {"alg": self.algorithm, "kid": "one"}
        if self.key is None:
            # By hand: with the published key as the secret, which no library does.
            parts = [urlsafe_b64encode(json.dumps(it).encode()).rstrip(b"=")
                     for it in (header, claims)]  # fmt: skip
            secret = self.published.as_pem(private=False)
            digest = hmac.digest(secret, b".".join(parts), "sha256")
            return b".".join([*parts, urlsafe_b64encode(digest).rstrip(b"=")]).decode()
        return jwt.encode(header, claims, self.key, algorithms=[self.algorithm])


class Handler(BaseHTTPRequestHandler):
    provider: Provider

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        provider = self.provider
        provider.asked.append(parts.path)
        if provider.is_down:
            self.answer(503, {})
        elif parts.path == "/.well-known/openid-configuration":
            self.answer(200, provider.metadata())
        elif parts.path == "/keys":
            self.answer(
                200, {"keys": [*provider.odd_keys, provider.published.as_dict(private=False)]}
            )
        elif parts.path == "/userinfo":
            is_known = self.headers["Authorization"] == "Bearer of-access"
            self.answer(200 if is_known else 401, provider.told)
        else:
            self.send_response(302)
            self.send_header("Location", provider.authorize(query))
            self.end_headers()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[-1] for name, values in parse_qs(body).items()}
        self.provider.asked.append(self.path)
        found = self.provider.token(form, self.headers["Authorization"].partition(" ")[2])
        self.answer(200 if found else 400, found or {"error": "invalid_grant"})

    def answer(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Nothing."""


@contextmanager
def running_provider() -> Iterator[Provider]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = Provider(f"http://127.0.0.1:{server.server_port}")
    server.RequestHandlerClass = type("Bound", (Handler,), {"provider": provider})
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
