"""Whether a report of synthetic data says so wherever it shows a figure."""

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path

LABELS = {"en": "synthetic data", "ja": "合成データ"}
_HEADINGS = {
    ".md": re.compile(r"^#.*|^!\[.*\]\(.*|^\*\*.*\*\*$", re.MULTILINE),
    ".html": re.compile(r"<(title|h1|h2|caption|figcaption)\b[^>]*>.*?</\1>", re.DOTALL),
    ".svg": re.compile(r"<(title|desc)\b.*?</\1>|<text[^>]* font-weight=\"bold\"[^>]*>.*?</text>"),
}


def unlabelled(folder: Path, lang: str = "en") -> list[str]:
    """Each heading, caption, chart and file in it that has no label in its language.

    `lang`: of the files whose name does not tell it.
    """
    return [found for path in sorted(folder.rglob("*")) for found in _of(path, lang)]


def _of(path: Path, lang: str) -> Iterator[str]:
    label = LABELS["ja" if ".ja." in path.name else lang]
    text = path.read_text() if path.is_file() else ""
    if path.suffix in _HEADINGS:
        headings = [found[0] for found in _HEADINGS[path.suffix].finditer(text)]
        if not headings:
            yield f"{path.name}: no heading"
        yield from (f"{path.name}: {each[:100]}" for each in headings if label not in each)
    elif path.suffix == ".csv":
        if {row["synthetic"] for row in csv.DictReader(text.splitlines())} - {"true"}:
            yield path.name
    elif path.suffix == ".json":
        told = json.loads(text)
        if told["synthetic"] is not True or not any(it["synthetic"] for it in told["sources"]):
            yield path.name
    elif path.is_file():
        yield f"{path.name}: what is it?"
