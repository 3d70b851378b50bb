"""What a gated repo asks for in its form, as the YAML of its card has it: a stranger's words.

extra_gated_fields:
  Company: text
  Country: country
  I agree: checkbox
  Purpose: {type: select, options: [Research, {label: Another, value: other}]}
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hearthub.errors import BadRequest

MAX_QUESTIONS, MAX_LABEL, MAX_OPTIONS = 30, 200, 200
MAX_ANSWER = 2000
"""Characters."""
INPUTS = {"date_picker": "date", "checkbox": "checkbox", "select": "select"}
"""How each type is asked for; all others, those we do not know among them, are a text."""
_TICKED = (True, "on", "true")


@dataclass(frozen=True)
class Question:
    """`name` is that of its field in our form: labels are strangers' words."""

    name: str
    label: str
    input: str
    options: tuple[tuple[str, str], ...] = ()


def questions_of(card: Mapping[str, Any]) -> tuple[Question, ...]:
    fields = card.get("extra_gated_fields")
    if not isinstance(fields, dict):
        return ()
    labels = [it for it in fields if isinstance(it, str) and 0 < len(it) <= MAX_LABEL]
    return tuple(
        _question(f"q{n}", label, fields[label]) for n, label in enumerate(labels[:MAX_QUESTIONS])
    )


def require_answers(questions: tuple[Question, ...], answers: Mapping[str, Any]) -> None:
    """By label; all that is asked must be answered, and boxes ticked. BadRequest."""
    for it in questions:
        value = answers.get(it.label)
        if it.input == "checkbox":
            if value not in _TICKED:
                raise BadRequest(f"Answer all that is asked: {it.label}")
            continue
        text = "" if value is None else str(value)
        if len(text) > MAX_ANSWER:
            raise BadRequest(f"An answer has at most {MAX_ANSWER} characters")
        if it.input == "select" and text not in dict(it.options):
            raise BadRequest(f"Choose one of what is offered: {it.label}")
        if not text.strip():
            raise BadRequest(f"Answer all that is asked: {it.label}")


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
