"""An OpenID Connect provider on loopback, which can be told to lie."""

import hmac
import json
import secrets
import threading
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

CLIENT, SECRET = "hearthub", "the-provider-gave-it"


@dataclass
class OddAnswer:
    """`parts` are written one by one, and may take their time: each anew for each who asks."""

    parts: Iterable[bytes] = (b"{}",)
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})


class Provider:
    """Whoever is sent here is signed in at once, as `person`. `lie` changes claims of the next ID
    token; `key` and `algorithm` are what it is signed with."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.published = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self.key: RSAKey | ECKey | OctKey | None = self.published
        self.algorithm = "RS256"
        self.person: dict[str, Any] = {}
        self.persons: dict[str, dict[str, Any]] = {}
        """By code, where it is another than `person`."""
        self.lie: dict[str, Any] = {}
        self.told: dict[str, Any] = {}
        """At the userinfo endpoint."""
        self.codes: dict[str, dict[str, str]] = {}
        self.odd_keys: list[Any] = []
        self.ignores_pkce = False
        self.odd_header: dict[str, Any] = {}
        """Of the next ID tokens."""
        self.odd_answers: dict[str, OddAnswer] = {}
        """In the place of the usual ones, by path."""
        self.published_lie: dict[str, Any] = {}
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
            **self.published_lie,
        }

    def honest(self) -> None:
        """As at first."""
        self.lie, self.told, self.published_lie = {}, {}, {}
        self.odd_keys, self.odd_header, self.odd_answers = [], {}, {}
        self.key, self.algorithm = self.published, "RS256"
        self.says_no = self.is_down = self.ignores_pkce = False

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
        person = self.persons.pop(form["code"], self.person)
        if asked is None or b64decode(credentials).decode() != f"{CLIENT}:{SECRET}":
            return None
        if not self.ignores_pkce:
            digest = sha256(form["code_verifier"].encode()).digest()
            assert urlsafe_b64encode(digest).decode().rstrip("=") == asked["code_challenge"]
        assert form["redirect_uri"] == asked["redirect_uri"]
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 60,
                  "nonce": asked["nonce"], **person, **self.lie}  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        signed = self.signed(claims)
        return {"access_token": "of-access", "token_type": "Bearer", "id_token": signed}

    def signed(self, claims: dict[str, Any]) -> str:
        header = {"alg": self.algorithm, "kid": "one", **self.odd_header}
        # By hand is what no library does.
        parts = [_text(json.dumps(header).encode()), _text(json.dumps(claims).encode())]
        if self.key is None:  # the published key is the secret
            secret = self.published.as_pem(private=False)
            digest = hmac.digest(secret, b".".join(parts), "sha256")
            return b".".join([*parts, _text(digest)]).decode()
        if self.odd_header and isinstance(self.key, RSAKey):
            mark = self.key.private_key.sign(b".".join(parts), PKCS1v15(), SHA256())
            return b".".join([*parts, _text(mark)]).decode()
        return jwt.encode(header, claims, self.key, algorithms=[self.algorithm])


def _text(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


class Handler(BaseHTTPRequestHandler):
    provider: Provider

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        provider = self.provider
        provider.asked.append(parts.path)
        if odd := provider.odd_answers.get(parts.path):
            self.answer_oddly(odd)
        elif provider.is_down:
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
        if odd := self.provider.odd_answers.get(self.path):
            self.answer_oddly(odd)
            return
        found = self.provider.token(form, self.headers["Authorization"].partition(" ")[2])
        self.answer(200 if found else 400, found or {"error": "invalid_grant"})

    def answer_oddly(self, odd: "OddAnswer") -> None:
        self.send_response(odd.status)
        for name, value in odd.headers.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            for part in odd.parts:
                self.wfile.write(part)
                self.wfile.flush()
        except OSError:
            self.close_connection = True  # whoever asked has had enough

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
