"""Signed claims: what makes a URL or a short-lived token good without a row for each."""

import base64
import hmac
import json
import secrets
import threading
from typing import Any

from hearthub.clock import now_ms
from hearthub.db import Database
from hearthub.errors import Forbidden

_MAC_BYTES = 16


class Signer:
    """HMAC-SHA256 with the keys of table `signing_key`: the newest signs, all of them verify."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._lock = threading.Lock()
        self._keys: list[bytes] = []  # newest first

    def sign(self, purpose: str, claims: dict[str, Any], ttl_s: int) -> str:
        """A URL-safe token that `verify` turns into `claims` for that many seconds."""
        payload = json.dumps({**claims, "exp": now_ms() // 1000 + ttl_s}, separators=(",", ":"))
        body = _encode(payload.encode())
        return f"{body}.{_encode(self._mac(self._load()[0], purpose, body))}"

    def verify(self, purpose: str, token: str) -> dict[str, Any]:
        """The claims, with `exp` (seconds); raises Forbidden when forged, for else, or expired."""
        body, _, signature = token.partition(".")
        if not self._is_ours(purpose, body, signature):
            raise Forbidden("The signature is wrong")
        claims: dict[str, Any] = json.loads(_decode(body))
        if claims["exp"] <= now_ms() // 1000:
            raise Forbidden("The signature has expired")
        return claims

    def rotate(self) -> None:
        """Sign with a new key from now on; what the old ones signed stays good."""
        self._db.execute(
            "insert into signing_key (secret, created) values (:secret, :now)",
            secret=secrets.token_bytes(32),
            now=now_ms(),
        )
        self._load(again=True)

    def oldest(self) -> bytes:
        """The first key of this database: it tells one hub's data from another's."""
        return self._load()[-1]

    def _is_ours(self, purpose: str, body: str, signature: str) -> bool:
        given = signature.encode("ascii", "replace")
        for again in (False, True):  # another process may have made a key since
            for key in self._load(again=again):
                expected = _encode(self._mac(key, purpose, body))
                if hmac.compare_digest(expected.encode(), given):
                    return True
        return False

    def _mac(self, key: bytes, purpose: str, body: str) -> bytes:
        message = f"{purpose}\n{body}".encode("utf-8", "replace")
        return hmac.digest(key, message, "sha256")[:_MAC_BYTES]

    def _load(self, *, again: bool = False) -> list[bytes]:
        if self._keys and not again:
            return self._keys
        with self._lock:
            keys = self._read()
            if not keys:
                with self._db.transaction():
                    if not self._read():
                        self._db.execute(
                            "insert into signing_key (secret, created) values (:secret, :now)",
                            secret=secrets.token_bytes(32),
                            now=now_ms(),
                        )
                keys = self._read()
            self._keys = keys
        return keys

    def _read(self) -> list[bytes]:
        rows = self._db.all("select secret from signing_key order by id desc")
        return [bytes(row.secret) for row in rows]


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
