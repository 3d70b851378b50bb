"""The form of a gated repo, as the YAML of its card has it, made from a stranger's words.

extra_gated_heading, extra_gated_description, extra_gated_prompt, extra_gated_button_content
extra_gated_fields:
  Company: text
  Country: country
  I agree: checkbox
  Purpose: {type: select, options: [Research, {label: Another, value: other}]}
"""

from dataclasses import dataclass
from typing import Any

from hearthub.errors import BadRequest
from hearthub.registry import AccessRequest, Right
from hearthub.web.forms import Form
from hearthub.web.repo_view import RepoView

MAX_FIELDS, MAX_LABEL, MAX_OPTIONS = 30, 200, 200
MAX_PROMPT, MAX_ANSWER = 10_000, 2000
"""Characters, of what the card says before the form and of an answer."""
INPUTS = {"date_picker": "date", "checkbox": "checkbox", "select": "select"}
"""How each type is asked for; all others, those we do not know among them, are a text."""


@dataclass(frozen=True)
class Question:
    """`name` is that of its field in our form: labels are strangers' words."""

    name: str
    label: str
    input: str
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Gate:
    """What a visitor who may not read sees; `request` is his own, if he made one."""

    heading: str
    text: str
    button: str
    questions: tuple[Question, ...]
    request: AccessRequest | None
    is_manual: bool


def gate_of(at: RepoView, card: dict[str, Any]) -> Gate | None:
    """None where there is nothing to ask for."""
    if not at.repo.gated or at.right >= Right.READ:
        return None
    text = [_text(card, key, MAX_PROMPT) for key in ("extra_gated_description", _PROMPT)]
    return Gate(
        _text(card, "extra_gated_heading", MAX_LABEL),
        "\n\n".join(it for it in text if it),
        _text(card, "extra_gated_button_content", 100) or "Ask for access",
        questions_of(card),
        None if at.actor.is_anonymous else at.hub.registry.gates.own(at.actor, at.repo),
        at.repo.gated == "manual",
    )


def questions_of(card: dict[str, Any]) -> tuple[Question, ...]:
    fields = card.get("extra_gated_fields")
    if not isinstance(fields, dict):
        return ()
    labels = [label for label in fields if 0 < len(label) <= MAX_LABEL][:MAX_FIELDS]
    return tuple(_question(f"q{n}", label, fields[label]) for n, label in enumerate(labels))


def answers(questions: tuple[Question, ...], form: Form) -> dict[str, str | bool]:
    """By label, as the API keeps them; BadRequest where one is missing."""
    found: dict[str, str | bool] = {}
    for it in questions:
        if it.input == "checkbox":
            value: str | bool = form.has(it.name)
        else:
            value = form.text(it.name)
            if len(value) > MAX_ANSWER:
                raise BadRequest(f"An answer has at most {MAX_ANSWER} characters")
        if it.input == "select" and value not in dict(it.options):
            raise BadRequest(f"Choose one of what is offered: {it.label}")
        if not value:
            raise BadRequest(f"Answer all that is asked: {it.label}")
        found[it.label] = value
    return found


_PROMPT = "extra_gated_prompt"


def _text(card: dict[str, Any], key: str, most: int) -> str:
    value = card.get(key)
    return value.strip()[:most] if isinstance(value, str) else ""


def _question(name: str, label: str, asked: Any) -> Question:
    kind = asked.get("type") if isinstance(asked, dict) else asked
    shown = INPUTS.get(kind, "text") if isinstance(kind, str) else "text"
    options = _options(asked.get("options")) if isinstance(asked, dict) else ()
    # A choice among nothing could never be answered.
    return Question(name, label, "text" if shown == "select" and not options else shown, options)


def _options(listed: Any) -> tuple[tuple[str, str], ...]:
    """Value and label of each."""
    found = []
    for it in listed[:MAX_OPTIONS] if isinstance(listed, list) else ():
        label = it.get("label") if isinstance(it, dict) else it
        value = it.get("value", label) if isinstance(it, dict) else it
        texts = [str(one)[:MAX_LABEL] for one in (value, label) if isinstance(one, str | int)]
        if len(texts) == 2 and all(texts):
            found.append((texts[0], texts[1]))
    return tuple(found)
