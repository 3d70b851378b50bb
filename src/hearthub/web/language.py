"""Which language a page speaks, and the few words of its frame; texts of reports are Pulse's."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from starlette.requests import Request

LANGUAGES = ("en", "ja")
MAX_HEADER = 500  # characters


class Language:
    def __init__(self, code: str) -> None:
        self.code = code

    def __call__(self, key: str, **slots: object) -> str:
        """A message; `{slot}` in it is replaced. A KeyError here is a mistake of ours."""
        message = str(_words()[self.code][key])
        return message.format(**slots) if slots else message


def language_of(request: Request) -> Language:
    """As `?lang=` says, else the one of ours that the browser likes best."""
    asked = request.query_params.get("lang")
    if asked in LANGUAGES:
        return Language(asked)
    return Language(_preferred(request.headers.get("accept-language", "")[:MAX_HEADER]))


def other(language: Language) -> str:
    """The code of the one that a page offers besides."""
    return LANGUAGES[1 - LANGUAGES.index(language.code)]


def _preferred(header: str) -> str:
    best, found = 0.0, LANGUAGES[0]
    for entry in header.split(","):
        name, _, weight = entry.strip().partition(";q=")
        code = name.strip().lower().partition("-")[0]
        try:
            value = float(weight) if weight else 1.0
        except ValueError:
            continue
        if code in LANGUAGES and value > best:
            best, found = value, code
    return found


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads((files("hearthub.web") / "words.toml").read_text("utf-8"))
