"""Strangers' names in commands: quoted where quotes help, refused where nothing does."""

import shlex
from collections.abc import Iterable, Mapping

MAX_NAME = 1024


def problem(name: str) -> str | None:
    """Why no command can carry a name, None for one that is fine.

    Quotes keep a shell from reading `$(...)`, but not a terminal from obeying escapes, nor a
    program from taking `--flag` for an option.
    """
    if not 0 < len(name) <= MAX_NAME:
        return "a name is empty or too long"
    if not name.isprintable():
        return "a name holds control characters or hidden ones"
    return "a name starts with a dash" if name.startswith("-") else None


def line(words: Iterable[object], environment: Mapping[str, str | None] | None = None) -> str:
    """One command line for a POSIX shell; variables without a value are left out."""
    given = [f"{key}={shlex.quote(value)}" for key, value in (environment or {}).items() if value]
    return " ".join([*given, *(shlex.quote(str(word)) for word in words)])


def literal(value: str) -> str:
    """A Python string literal in plain ASCII."""
    return ascii(value)
