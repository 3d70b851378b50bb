"""What the pages of hosted and observed repos show of facts alike."""

from dataclasses import dataclass

from hearthub.catalogue import Facts
from hearthub.pulse import licence_class
from hearthub.web.model_sheet import Sheet

SCRIPT = "script-src 'self'"
MOST_TAGS, MOST_RESULTS = 40, 60


@dataclass(frozen=True)
class Licence:
    """`kind` is its class, of the observatory's table; `link` an address a stranger wrote."""

    name: str
    kind: str
    link: str | None = None
    is_listed: bool = True
    """Lists are narrowed by it; not by names of a card's own."""


def dtypes_of(facts: Facts) -> list[tuple[str, int]]:
    """Of safetensors: types with their counts, the most first."""
    told = (facts.safetensors or {}).get("parameters")
    pairs = told.items() if isinstance(told, dict) else ()
    found = [(str(name)[:20], n) for name, n in pairs if type(n) is int and n > 0]
    return sorted(found, key=lambda it: -it[1])[:6]


def licences_of(facts: Facts, sheet: Sheet | None) -> list[Licence]:
    if sheet:
        stated = sheet.report.identity.licences[:4]
        return [
            Licence(it.name, licence_class(it.name), _address(it.link), it.name in facts.licenses)
            for it in stated
        ]
    return [Licence(name, licence_class(name)) for name in facts.licenses[:4]]


def _address(link: str | None) -> str | None:
    return link if link and link.startswith(("https://", "http://")) else None


def tags_of(facts: Facts, kind: str) -> list[tuple[str, str]]:
    """Tags with the word of a list's address that each narrows; those that repeat themselves in
    the panel, such as bases, are left out."""
    words: list[tuple[str, str]] = []
    for tag in facts.tags:
        if tag.startswith(("base_model:", "license:", "region:")):
            continue
        if tag == facts.pipeline_tag:
            words.append(("pipeline_tag", tag))
        elif tag == facts.library:
            words.append(("library", tag))
        elif tag in facts.languages:
            words.append(("language", tag))
        else:
            words.append(("tag", tag))
    return words[:MOST_TAGS]
