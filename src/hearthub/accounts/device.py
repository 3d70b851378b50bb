"""Log-ins of devices that have no browser (RFC 8628): `hf auth login`.

    device: start() -> two codes        it shows one to its user, and polls with the other
    user:   approve(code), in a browser that is logged in, or an administrator on the command line
    device: poll(code) -> a token, once

Only a hash of the device's code is kept; the user's has 34 bits, lives a quarter of an hour, and
whoever guesses at it is stopped after ten.
"""

import re
import secrets
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock
from typing import Any, Literal

from hearthub.accounts import tokens, users
from hearthub.clock import now_ms
from hearthub.db import Database
from hearthub.errors import Conflict, NotFound, TooManyRequests
from hearthub.events import EventLog, TokenAdded

LIFETIME_S, INTERVAL_S = 900, 5
KEPT_S = 3600
"""How long a device that comes late still hears that its code expired."""
MAX_WAITING, MAX_OF_ADDRESS = 10_000, 100
"""Codes at a time: of everybody, and of one address."""
MAX_GUESSES = 10
"""Wrong codes of a user within the lifetime of one."""
TOKEN_DAYS = 90
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
"""Twenty that are not taken for one another, and make no words."""
MAX_AGENT = 80

Refusal = Literal["authorization_pending", "slow_down", "expired_token", "access_denied", "invalid"]


@dataclass(frozen=True)
class Started:
    """What a device is told; times in seconds."""

    device_code: str
    user_code: str
    expires_s: int = LIFETIME_S
    interval_s: int = INTERVAL_S


@dataclass(frozen=True)
class Waiting:
    """What a user should see before he agrees: who asks, and since when (ms)."""

    user_code: str
    address: str
    agent: str
    created: int


@dataclass(frozen=True)
class Polled:
    """A token with its role, or why there is none (yet)."""

    token: str | None = None
    refusal: Refusal | None = None
    role: str | None = None
    lifetime_s: int = TOKEN_DAYS * 86_400


class DeviceLogins:
    def __init__(self, db: Database, events: EventLog) -> None:
        self._db, self._events = db, events
        self._guesses: dict[int, deque[int]] = {}
        self._lock = Lock()

    def start(self, address: str, agent: str) -> Started:
        """New codes for a device. Raises TooManyRequests."""
        now = now_ms()
        with self._db.transaction():
            self._db.execute(
                "delete from device_login where expires < :before", before=now - KEPT_S * 1000
            )
            self._limit(address, now)
            for _ in range(5):
                codes = Started(secrets.token_urlsafe(32), _user_code())
                if self._insert(codes, address, agent, now):
                    return codes
        raise Conflict("No code is free: try again")

    def find(self, user: str | int, code: str) -> Waiting:
        """What waits under the code that a user typed. Raises NotFound, TooManyRequests."""
        row = self._waiting(users.require(self._db, user, "user").id, code)
        return Waiting(row.user_code, row.address, row.agent, row.created)

    def approve(self, user: str | int, code: str, role: str = "write") -> Waiting:
        """The device gets a token of this user. Raises NotFound, TooManyRequests."""
        tokens.check("device", role, TOKEN_DAYS, None)
        return self._decide(user, code, "approved", role)

    def deny(self, user: str | int, code: str) -> Waiting:
        return self._decide(user, code, "denied", None)

    def poll(self, device_code: str) -> Polled:
        """A token once it was approved, to the first who asks: then the code is used up."""
        now = now_ms()
        if _is_hasty(self._asking(device_code), now):
            # Without a write, or whoever does not slow down would keep the disk busy.
            return Polled(refusal="slow_down")
        with self._db.transaction():
            row = self._asking(device_code)
            if refusal := self._not_yet(row, now):
                return Polled(refusal=refusal)
            if not self._db.execute("delete from device_login where id = :id", id=row.id):
                return Polled(refusal="invalid")
            account = users.find(self._db, row.user_id) if row.state == "approved" else None
            if account is None or account.disabled:
                return Polled(refusal="access_denied")
            # A device keeps its tokens by name: those of two users would take one place.
            name = f"Device: {row.agent[:60]} ({account.name})"[: tokens.MAX_NAME]
            made = tokens.add(self._db, account, name, row.role, TOKEN_DAYS, None)
            self._events.append(TokenAdded(account.id, name, row.role), account.id)
            return Polled(made, role=row.role)

    # -- the steps ---------------------------------------------------------------------------

    def _limit(self, address: str, now: int) -> None:
        counts = self._db.one(
            "select count(*) as everybody, "
            "sum(case when address = :address then 1 else 0 end) as here "
            "from device_login where expires > :now",
            address=address,
            now=now,
        )
        if counts and (counts.everybody >= MAX_WAITING or int(counts.here or 0) >= MAX_OF_ADDRESS):
            raise _too_many("Too many devices wait to be logged in", MAX_OF_ADDRESS)

    def _insert(self, codes: Started, address: str, agent: str, now: int) -> bool:
        return bool(
            self._db.execute(
                "insert into device_login (device_hash, user_code, state, address, agent, created, "
                "polled, expires) values (:hash, :user_code, 'waiting', :address, :agent, :now, 0, "
                ":expires) on conflict do nothing",
                hash=_hash(codes.device_code),
                user_code=codes.user_code,
                address=address,
                agent=_printable(agent),
                now=now,
                expires=now + LIFETIME_S * 1000,
            )
        )

    def _not_yet(self, row: Any, now: int) -> Refusal | None:
        if row is None:
            return "invalid"
        if now >= row.expires:
            return "expired_token"
        if row.state != "waiting":
            return None
        self._db.execute("update device_login set polled = :now where id = :id", now=now, id=row.id)
        return "authorization_pending"

    def _asking(self, device_code: str) -> Any:
        return self._db.one(
            "select id, state, polled, expires, user_id, role, agent from device_login "
            "where device_hash = :hash",
            hash=_hash(device_code),
        )

    def _decide(self, user: str | int, code: str, state: str, role: str | None) -> Waiting:
        user_id = users.require(self._db, user, "user").id
        row = self._waiting(user_id, code)
        changed = self._db.execute(
            "update device_login set state = :state, user_id = :user, role = :role "
            "where id = :id and state = 'waiting'",
            state=state,
            user=user_id,
            role=role,
            id=row.id,
        )
        if not changed:
            raise NotFound("This code was used already")
        return Waiting(row.user_code, row.address, row.agent, row.created)

    def _waiting(self, user_id: int, code: str) -> Any:
        now = now_ms()
        # Counted before it is looked at: many at once shall be no more tries than one by one.
        with self._lock:
            guesses = self._guesses.setdefault(user_id, deque(maxlen=MAX_GUESSES))
            if len(guesses) == MAX_GUESSES and guesses[0] > now - LIFETIME_S * 1000:
                raise _too_many("Too many wrong codes", MAX_GUESSES)
            guesses.append(now)
        row = self._db.one(
            "select id, user_code, address, agent, created from device_login "
            "where user_code = :code and state = 'waiting' and expires > :now",
            code=_normal(code),
            now=now,
        )
        if row is None:
            raise NotFound(
                "No device waits under this code: it may have expired. Start again there"
            )
        with self._lock, suppress(ValueError):  # which may have made room for others since
            guesses.remove(now)
        return row


def _is_hasty(row: Any, now: int) -> bool:
    if row is None or row.state != "waiting" or now >= row.expires:
        return False
    # A second of grace: clocks of clients and the way here are not exact.
    return bool(now - row.polled < (INTERVAL_S - 1) * 1000)


def _user_code() -> str:
    letters = "".join(secrets.choice(LETTERS) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def _normal(typed: str) -> str:
    """A code however it was typed: in small letters, with spaces, without the hyphen."""
    letters = re.sub(r"[^A-Z]", "", typed[:100].upper())
    return f"{letters[:4]}-{letters[4:]}"


def _hash(device_code: str) -> str:
    return sha256(device_code.encode(errors="replace")).hexdigest()


def _printable(agent: str) -> str:
    text = "".join(c if c.isprintable() else " " for c in agent[:MAX_AGENT])
    return text.strip() or "a program without a name"


def _too_many(text: str, quota: int) -> TooManyRequests:
    message = f"{text}: try again in a quarter of an hour"
    return TooManyRequests(
        message, policy="device", quota=quota, window_s=LIFETIME_S, retry_s=LIFETIME_S
    )
