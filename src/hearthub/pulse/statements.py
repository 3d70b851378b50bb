"""The SQL of the observatory: one file a statement, in the folder `sql`."""

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "sql"


@cache
def _read(name: str) -> str:
    return (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def sql_text(name: str, **words: object) -> str:
    """The statement of that name; `{word}` in it becomes the word, which is ours: never input."""
    text = _read(name)
    for word, value in words.items():
        text = text.replace("{" + word + "}", str(value))
    return text
