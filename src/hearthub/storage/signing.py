"""Signed claims: what makes a URL or a short-lived token good without a row for each."""

import base64
import hmac
import json
import secrets
from typing import Any

from hearthub.clock import now_ms
from hearthub.db import Database
from hearthub.errors import Forbidden

_MAC_BYTES = 16


class Signer:
    """HMAC-SHA256 with the key that this database has in table `signing_key`, made when needed."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._key: bytes | None = None

    def sign(self, purpose: str, claims: dict[str, Any], ttl_s: int) -> str:
        """A URL-safe token that `verify` turns into `claims` for that many seconds."""
        payload = json.dumps({**claims, "exp": now_ms() // 1000 + ttl_s}, separators=(",", ":"))
        body = _encode(payload.encode())
        return f"{body}.{self._mac(purpose, body)}"

    def verify(self, purpose: str, token: str) -> dict[str, Any]:
        """The claims, with `exp` (seconds); raises Forbidden when forged, for else, or expired."""
        body, _, signature = token.partition(".")
        given = signature.encode("ascii", "replace")
        if not hmac.compare_digest(self._mac(purpose, body).encode(), given):
            raise Forbidden("The signature is wrong")
        claims: dict[str, Any] = json.loads(_decode(body))
        if claims["exp"] <= now_ms() // 1000:
            raise Forbidden("The signature has expired")
        return claims

    def key(self) -> bytes:
        """32 random bytes that tell one hub's data from another's."""
        while self._key is None:
            self._key = self._db.value("select secret from signing_key order by id limit 1")
            if self._key is None:  # the fixed id leaves one winner, however many processes start
                self._db.execute(
                    """insert into signing_key (id, secret, created) values (1, :secret, :now)
                    on conflict do nothing""",
                    secret=secrets.token_bytes(32),
                    now=now_ms(),
                )
        return self._key

    def renew(self) -> None:
        """Forget the key, for a database that is older than what was signed with it.

        Claims name rows by number, and numbers given out after the copy was made are given out
        again: a signature of then must not open what has its number now.
        """
        self._db.execute("delete from signing_key")
        self._key = None

    def _mac(self, purpose: str, body: str) -> str:
        message = f"{purpose}\n{body}".encode("utf-8", "replace")
        return _encode(hmac.digest(self.key(), message, "sha256")[:_MAC_BYTES])


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
