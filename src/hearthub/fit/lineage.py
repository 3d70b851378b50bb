"""Where a model comes from: its licence, its bases, and the teacher it was distilled from.

Each edge says whether somebody declared it or we inferred it. A teacher is an edge of its own: it
gave answers, not weights, and often it is closed or on no hub.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

from hearthub.fit.words import word, words

Relation = Literal["finetune", "adapter", "merge", "quantized"]
RELATIONS: tuple[Relation, ...] = ("finetune", "adapter", "merge", "quantized")
DISTILLED = "distilled"

_MAX_BASES = 100
_MAX_BODY = 200_000  # characters of a card that are looked through
_TEACHER_KEYS = ("teacher_model", "teacher", "distilled_from")  # no standard, but some write them

_MARK = re.compile(r"(?<![a-z])(?:re)?distil(?:l|led|lation)?(?![a-z0-9])", re.IGNORECASE)
_SIZE = re.compile(r"(?<![a-z0-9.])\d+(?:\.\d+)?[bm](?![a-z0-9])", re.IGNORECASE | re.ASCII)
_VERSION = r"(?:[-_. ]?\d{1,2}(?:\.\d{1,2})?)?"
# Names of models that others are taught by; a size after one says that it is the pupil itself.
_TEACHER = re.compile(
    rf"""(?<![a-z0-9])(?:
        claude{_VERSION}(?:[-_. ](?:opus|sonnet|haiku|fable|mythos){_VERSION})?
      | (?:opus|sonnet|haiku|fable){_VERSION}
      | gpt[-_ ]?oss[-_ ]120b | gpt[-_ ]?\d(?:\.\d)?o?(?:[-_](?:mini|turbo|pro))?
      | gemini{_VERSION}(?:[-_ ](?:pro|flash|ultra))? | grok{_VERSION}
      | o[134](?:[-_](?:mini|pro|preview))?
      | deepseek[-_ ]?(?:r\d|v\d(?:\.\d)?)(?:[-_]\d{{4}})? | r1(?:[-_]\d{{4}})? | qwq
      | kimi[-_ ]?k\d(?:\.\d)? | glm[-_ ]?\d(?:\.\d)? | minimax[-_ ]?m\d(?:\.\d)?
      | qwen[-_ ]?\d(?:\.\d)?[-_ ]max
    )(?![a-z0-9])""",
    re.IGNORECASE | re.ASCII | re.VERBOSE,
)
_SAID = re.compile(
    r"\b(?:distilled from|distillation of|distilled version of|teacher model(?: is|:)?)\s{1,3}"
    r"(?:the |a |its |\*\*|`)?(?:\[(?P<link>[^\]\n]{2,80})\]|(?P<repo>[\w.-]{2,60}/[\w.-]{2,80})"
    r"|(?P<name>[A-Z][\w-]{0,40}(?:\.\d[\w-]{0,20})*(?: \d[\w.]{0,8}\w)?))",
    re.ASCII,
)


@dataclass(frozen=True)
class Edge:
    """From a model to one that it came from."""

    name: str
    """A repo, or for a teacher its name as it is written."""
    relation: str
    """Of `RELATIONS`, or `distilled`."""
    is_declared: bool
    """Somebody said that it comes from there; False: we read it out of names or prose."""
    is_relation_declared: bool
    evidence: str
    """Where it stands: `card`, `adapter_config.json`, `header`, `tag`, `name`, `card text`."""


@dataclass(frozen=True)
class Licence:
    name: str
    """The Hub's identifier, or the card's own name for `other`."""
    link: str | None
    is_declared: bool
    """Written in the card; False: taken from tags that another hub made."""


def relation(
    declared: object, bases: int, *, is_adapter: bool, is_merge: bool, is_quantized: bool
) -> tuple[Relation, bool]:
    """How a model came from its bases, and whether `base_model_relation` says so.

    The Hub's rule: `is_merge` is its tag, which counts with several bases only.
    """
    if stated := next((known for known in RELATIONS if known == declared), None):
        return stated, True
    if is_adapter:
        return "adapter", False
    if is_merge and bases > 1:
        return "merge", False
    return ("quantized" if is_quantized else "finetune"), False


def edges(
    repo: str,
    card: Mapping[str, Any],
    kind: tuple[Relation, bool],
    *,
    body: str = "",
    tags: Sequence[str] = (),
    adapter_base: object = None,
    header_bases: Sequence[str] = (),
) -> list[Edge]:
    """Bases, then teachers. A model is not its own base, whatever its card says.

    `kind` is what `relation` gave; `body` the card's text; `adapter_base` is
    `base_model_name_or_path`; `header_bases` are `general.base_model.*` of a GGUF file.
    """
    found: dict[str, Edge] = {}
    for evidence, names in (
        ("card", words(card.get("base_model"))),
        ("adapter_config.json", words(adapter_base)),
        ("header", words(list(header_bases))),
        ("tag", _tagged(tags)),
    ):
        for name in names:
            if name.lower() != repo.lower() and len(found) < _MAX_BASES:
                found.setdefault(name.lower(), Edge(name, kind[0], True, kind[1], evidence))
    return [*found.values(), *_teachers(repo, card, body)]


def licences(card: Mapping[str, Any], tags: Sequence[str] = ()) -> list[Licence]:
    """What the card says; of a repo whose card we do not have, what its tags say."""
    link, own = word(card.get("license_link"), 500), word(card.get("license_name"))
    declared = [
        Licence(own if name == "other" and own else name, link, True)
        for name in words(card.get("license"))
    ]
    marked = (tag.removeprefix("license:") for tag in tags if tag.startswith("license:"))
    return declared or [Licence(name, None, False) for name in words(list(islice(marked, 20)))]


def teacher_of_name(repo: str) -> str | None:
    """DeepSeek-R1 of `DeepSeek-R1-Distill-Qwen-7B`, Claude-4.6-Opus of
    `Qwen3.5-27B-Claude-4.6-Opus-Reasoning-Distilled`, None where a name tells none."""
    name = repo.rpartition("/")[2][:300]
    mark = _MARK.search(name)
    if mark is None:
        return None
    before, after = name[: mark.start()], name[mark.end() :]
    named = [found[0] for found in _TEACHER.finditer(before) if not _has_size(before, found.end())]
    if named:
        return named[-1]
    if not _SIZE.search(before):
        return None
    found = _TEACHER.search(after)  # the pupil stands first: the teacher may come last
    return found[0] if found else None


def _has_size(name: str, at: int) -> bool:
    """`-7B` right after a name."""
    found = _SIZE.match(name, at + 1)
    return found is not None


def _teachers(repo: str, card: Mapping[str, Any], body: str) -> Iterator[Edge]:
    seen = {repo.lower()}
    for name, evidence in (
        *((name, "card") for key in _TEACHER_KEYS for name in words(card.get(key))),
        *((name, "name") for name in [teacher_of_name(repo)] if name),
        *((name, "card text") for name in _said(body)),
    ):
        key = re.sub(r"[-_. ]", "", name.rpartition("/")[2].lower())
        if key not in seen and len(seen) < _MAX_BASES:
            seen.add(key)
            yield Edge(name, DISTILLED, evidence == "card", evidence == "card", evidence)


def _said(body: str) -> Iterator[str]:
    """Of prose: what `distilled from` is followed by, if it looks like a name."""
    for found in islice(_SAID.finditer(body[:_MAX_BODY]), 3):
        name = word(found["link"] or found["repo"] or found["name"], 80)
        if name and (found["repo"] or re.search(r"[0-9]", name) or "-" in name):
            yield name


def _tagged(tags: Sequence[str]) -> list[str]:
    """`base_model:meta/x`, not `base_model:quantized:meta/x`, which repeats it."""
    plain = (tag.removeprefix("base_model:") for tag in tags if tag.startswith("base_model:"))
    return words(list(islice((name for name in plain if ":" not in name), _MAX_BASES)))
