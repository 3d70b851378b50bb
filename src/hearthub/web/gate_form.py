"""The form of a gated repo, as the YAML of its card has it, made from a stranger's words.

extra_gated_heading, extra_gated_description, extra_gated_prompt, extra_gated_button_content
extra_gated_fields, as registry/gate_questions.py reads them
"""

from dataclasses import dataclass
from typing import Any

from hearthub.registry import AccessRequest, Question, Right, questions_of
from hearthub.web.forms import Form
from hearthub.web.repo_view import RepoView

MAX_HEADING, MAX_PROMPT = 200, 10_000
"""Characters, of what the card says before the form."""


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
        _text(card, "extra_gated_heading", MAX_HEADING),
        "\n\n".join(it for it in text if it),
        _text(card, "extra_gated_button_content", 100) or "Ask for access",
        questions_of(card),
        None if at.actor.is_anonymous else at.hub.registry.gates.own(at.actor, at.repo),
        at.repo.gated == "manual",
    )


def answers(questions: tuple[Question, ...], form: Form) -> dict[str, str | bool]:
    """By label, as the API keeps them; whether they will do is for `gates.ask` to say."""
    return {
        it.label: form.has(it.name) if it.input == "checkbox" else form.text(it.name)
        for it in questions
    }


_PROMPT = "extra_gated_prompt"


def _text(card: dict[str, Any], key: str, most: int) -> str:
    value = card.get(key)
    return value.strip()[:most] if isinstance(value, str) else ""
