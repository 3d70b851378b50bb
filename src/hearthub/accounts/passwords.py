"""Passwords, kept as argon2id hashes."""

import threading
from functools import cache
from typing import TYPE_CHECKING

from hearthub.errors import BadRequest

if TYPE_CHECKING:
    from pwdlib import PasswordHash

MIN_LENGTH = 8  # characters
MAX_LENGTH = 1024

# One hash takes 64 MiB; a burst of logins must not take a multiple of that for each of them.
_at_once = threading.BoundedSemaphore(2)


def check(password: str) -> None:
    """BadRequest when the password is shorter or longer than a password may be."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise BadRequest(f"A password has {MIN_LENGTH} to {MAX_LENGTH} characters")


def hash_password(password: str) -> str:
    """BadRequest as `check`."""
    check(password)
    with _at_once:
        return _hasher().hash(password)


def verify(password: str, stored: str | None) -> bool:
    """Whether the password is the stored one. Takes as long when there is none to compare with."""
    decoy = _decoy()
    if len(password) > MAX_LENGTH:
        return False
    with _at_once:
        return _hasher().verify(password, stored or decoy) and stored is not None


@cache
def _hasher() -> "PasswordHash":
    from pwdlib import PasswordHash
    from pwdlib.hashers.argon2 import Argon2Hasher

    return PasswordHash((Argon2Hasher(),))


@cache
def _decoy() -> str:
    return _hasher().hash("nobody's password")
