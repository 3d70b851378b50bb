"""What Ollama needs in the place of a chat template: the same turns, written for Go.

A template in a model's file is a program by a stranger, and is not run. The marks that it puts
around turns tell which of the common forms it has; of one that is not known nothing is told. Tools
and thoughts are not in these forms: a repo's own file `template` can have them.
"""

from dataclasses import dataclass

MAX_TEMPLATE = 2**20  # characters
_ROLES = "{{- range .Messages }}"
_END = "{{ end }}"


@dataclass(frozen=True)
class GoTemplate:
    """`stops`: the texts at which a model has said its turn."""

    text: str
    stops: tuple[str, ...]


def _marked(opening: str, closing: str, last: str, *stops: str) -> GoTemplate:
    """Every turn alike: its role within the opening, its words, its closing."""
    turn = f"{opening.format(role='{{ .Role }}')}{{{{ .Content }}}}{closing}"
    return GoTemplate(f"{_ROLES}{turn}{_END}{last}", stops)


_FORMS: tuple[tuple[tuple[str, ...], GoTemplate], ...] = (
    (
        ("<|im_start|>", "<|im_end|>"),
        _marked(
            "<|im_start|>{role}\n",
            "<|im_end|>\n",
            "<|im_start|>assistant\n",
            "<|im_start|>",
            "<|im_end|>",
        ),
    ),
    (
        ("<|start_header_id|>", "<|eot_id|>"),
        _marked(
            "<|start_header_id|>{role}<|end_header_id|>\n\n",
            "<|eot_id|>",
            "<|start_header_id|>assistant<|end_header_id|>\n\n",
            "<|start_header_id|>",
            "<|end_header_id|>",
            "<|eot_id|>",
        ),
    ),
    (
        ("<start_of_turn>", "<end_of_turn>"),
        GoTemplate(
            _ROLES + '<start_of_turn>{{ if eq .Role "assistant" }}model{{ else }}user{{ end }}\n'
            "{{ .Content }}<end_of_turn>\n" + _END + "<start_of_turn>model\n",
            ("<start_of_turn>", "<end_of_turn>"),
        ),
    ),
    (
        ("<|end|>", "<|assistant|>"),
        _marked("<|{role}|>\n", "<|end|>\n", "<|assistant|>\n", "<|end|>", "<|user|>"),
    ),
    (
        ("<|user|>", "<|assistant|>"),
        _marked("<|{role}|>\n", "</s>\n", "<|assistant|>\n", "</s>", "<|user|>"),
    ),
    (
        ("[INST]", "[/INST]"),
        GoTemplate(
            _ROLES + '{{ if eq .Role "assistant" }} {{ .Content }}</s>{{ else }}'
            "[INST] {{ .Content }} [/INST]{{ end }}" + _END,
            ("[INST]", "[/INST]", "</s>"),
        ),
    ),
)
"""ChatML, Llama 3, Gemma, Phi, Zephyr, Mistral; the first whose marks are all there."""


def go_template(chat_template: object) -> GoTemplate | None:
    if not isinstance(chat_template, str) or len(chat_template) > MAX_TEMPLATE:
        return None
    # `'<|' + message['role'] + '|>'` writes the mark of a role without having it.
    text = chat_template.replace("'<|' + message['role'] + '|>", "<|user|><|assistant|>")
    for marks, form in _FORMS:
        if all(mark in text for mark in marks):
            return form
    return None
