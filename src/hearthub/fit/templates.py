"""What a chat template can do, read from its text by patterns: it is never expanded.

A template is a program by a stranger; a name that it reads is a fact, what it would print is not
asked. Time is linear in the text, which is read up to `MAX_TEMPLATE` characters.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

MAX_TEMPLATE = 2**20
_MAX_NAMED = 50

Thinking = Literal["switch", "always", "kept"]

_OPENING = re.compile(r"\{[%{#]")
_CLOSINGS = {"{%": "%}", "{{": "}}", "{#": "#}"}
# An open string ends with the text, so that no quote is tried twice.
_STRING = re.compile(r"'(?:[^'\\]+|\\.)*(?:'|\\?\Z)|\"(?:[^\"\\]+|\\.)*(?:\"|\\?\Z)", re.DOTALL)
# Names of variables that callers pass, as they are read: no attribute, no keyword of a call.
_TOOLS = re.compile(r"(?<![\w.])(?:tools|xml_tools|builtin_tools|custom_tools)\b")
_CALLS = re.compile(r"\btool_calls\b")
_SWITCH = re.compile(
    r"(?<![\w.])(enable_thinking|thinking|thinking_mode|thinking_option|reasoning_effort"
    r"|thinking_effort|thinking_budget|enable_reasoning|reasoning_mode)\b(?!\s*=[^=])"
)
_OPENS_THOUGHT = re.compile(
    r"<think>|<thinking>|<seed:think>|\[THINK\]|<\|START_THINKING\|>|<\|channel>thought"
    r"|<\|channel\|>analysis"
)
_THOUGHT = re.compile(
    r"</?think>|</?thinking>|</seed:think>|\[/?THINK\]|<\|(?:START|END)_THINKING\|>"
    r"|<\|channel>thought|<\|channel\|>analysis|\breasoning_content\b"
)


_ORDER: tuple[Thinking, ...] = ("switch", "always", "kept")  # of several templates the first


@dataclass(frozen=True)
class Abilities:
    """What the templates of a model are made for."""

    tools: bool = False
    """Definitions of tools, or calls of them, are put into the prompt."""
    thinking: Thinking | None = None
    """`switch`: a variable turns it on, off or up; `always`: each answer starts with a thought;
    `kept`: thoughts of earlier answers are handled, so the model may think; None: no sign."""
    switch: str | None = None
    """The variable, such as enable_thinking."""


def abilities(template: object) -> Abilities | None:
    """Of `chat_template` as configs hold it: one text, or a list of `{name, template}`.

    None where there is no template, or none that is short enough to be read.
    """
    texts = [text for text in _texts(template) if len(text) <= MAX_TEMPLATE]
    if not texts:
        return None
    found = [_read(text) for text in texts]
    thinking = next((f for kind in _ORDER for f in found if f.thinking == kind), Abilities())
    return Abilities(any(f.tools for f in found), thinking.thinking, thinking.switch)


def _texts(template: object) -> Iterator[str]:
    """`tokenizer_config.json` has one template, or a list of named ones, or an object of them."""
    if isinstance(template, str):
        yield template
    elif isinstance(template, dict):
        yield from (value for value in list(template.values())[:_MAX_NAMED] if type(value) is str)
    elif isinstance(template, list):
        for entry in template[:_MAX_NAMED]:
            if isinstance(entry, dict) and isinstance(text := entry.get("template"), str):
                yield text


def _read(text: str) -> Abilities:
    # Each piece alone: one that a `}}` within a string cut short must not swallow the next ones.
    code = "\n".join(_STRING.sub("''", piece) for piece in _code(text))
    # `message['tool_calls']` has the name in a string
    tools = bool(_TOOLS.search(code) or _CALLS.search(text))
    if switch := _SWITCH.search(code):
        return Abilities(tools, "switch", switch[1])
    _, prompt, answer = text.rpartition("add_generation_prompt")
    if prompt and _OPENS_THOUGHT.search(answer):
        return Abilities(tools, "always")
    return Abilities(tools, "kept" if _THOUGHT.search(text) else None)


def _code(text: str) -> Iterator[str]:
    """What stands between the marks of statements and expressions, without comments."""
    at = 0
    while opening := _OPENING.search(text, at):
        end = text.find(_CLOSINGS[opening[0]], opening.end())
        if end < 0:
            return
        if opening[0] != "{#":
            yield text[opening.end() : end]
        at = end + 2
