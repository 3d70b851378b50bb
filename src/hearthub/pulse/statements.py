"""SQL of any length: files in `sql/`, named after the function that runs them."""

from functools import cache
from importlib.resources import files


def sql_text(name: str, **parts: str) -> str:
    """The statement of `sql/NAME.sql`, with our own words in place of its `{{part}}`s.

    Values are never parts: they are parameters (`$name`).
    """
    text = _read(name)
    for part, words in parts.items():
        text = text.replace("{{" + part + "}}", words)
    if "{{" in text:
        raise ValueError(f"{name}.sql: a part was not given")
    return text


@cache
def _read(name: str) -> str:
    return (files("hearthub.pulse") / "sql" / f"{name}.sql").read_text(encoding="utf-8")
