"""Tools and thinking, seen in the text of templates such as models have."""

import pytest

from hearthub.fit.templates import MAX_TEMPLATE, Abilities, abilities

PLAIN = "{% for message in messages %}{{ message['content'] }}{% endfor %}"
TOOLS = "{%- if tools %}{{ tools | tojson }}{%- endif %}" + PLAIN
SWITCH = TOOLS + "{% if enable_thinking is defined and enable_thinking %}<think>{% endif %}"
ALWAYS = PLAIN + "{% if add_generation_prompt %}{{ '<|Assistant|><think>\\n' }}{% endif %}"
KEPT = "{{ message.reasoning_content }}" + PLAIN
NOTHING = Abilities()


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (PLAIN, NOTHING),
        (TOOLS, Abilities(tools=True)),
        ("{% if message['tool_calls'] %}x{% endif %}", Abilities(tools=True)),
        (SWITCH, Abilities(True, "switch", "enable_thinking")),
        ("{% if not thinking is defined %}x{% endif %}", Abilities(False, "switch", "thinking")),
        ("{{ reasoning_effort or 'medium' }}", Abilities(False, "switch", "reasoning_effort")),
        (ALWAYS, Abilities(thinking="always")),
        (KEPT, Abilities(thinking="kept")),
        ("{{ content.split('</think>')[-1] }}", Abilities(thinking="kept")),
    ],
)
def test_abilities(template: str, expected: Abilities) -> None:
    assert abilities(template) == expected


@pytest.mark.parametrize(
    "template",
    [
        "These are my tools: {{ message.content }}",  # words outside of code
        "{{ 'You have no tools' }}{{ \"nor enable_thinking\" }}",  # words in strings
        "{# if tools and enable_thinking #}" + PLAIN,  # a comment
        "{{ message.thinking }}{{ message.tools }}",  # somebody's attribute
        "{{ f(thinking=true) }}",  # a keyword
    ],
)
def test_words_that_are_no_variables(template: str) -> None:
    assert abilities(template) == NOTHING


def test_a_string_with_braces_hides_nothing_after_it() -> None:
    assert abilities("{{ '{\"a\": {}}}' }}" + SWITCH) == Abilities(
        True, "switch", "enable_thinking"
    )


def test_named_templates() -> None:
    named = [{"name": "default", "template": ALWAYS}, {"name": "tool_use", "template": TOOLS}]
    assert abilities(named) == Abilities(tools=True, thinking="always")
    assert abilities({"default": KEPT, "tool_use": SWITCH}) == (
        Abilities(True, "switch", "enable_thinking")
    )


@pytest.mark.parametrize(
    "template",
    [None, 7, [], [{}], [{"template": 3}], [["template"]], {"a": None}, "x" * (MAX_TEMPLATE + 1)],
)
def test_no_template(template: object) -> None:
    assert abilities(template) is None


@pytest.mark.parametrize(
    "unit",
    [
        *("{{", "{%", "{#", "'", '"', "\\'", "{{'\\", "{{ '", "<think", "add_generation_prompt"),
        *("{{}}", "{{ '\\\\", "tool_call", "a" * 100 + " ", "{{ ''\"\" }}"),
    ],
)
def test_long_texts_of_one_kind(unit: str) -> None:
    """Quadratic reading of a million characters would not end within hours."""
    assert abilities((unit * MAX_TEMPLATE)[:MAX_TEMPLATE]) is not None
    assert abilities(("{{ '" + unit * MAX_TEMPLATE)[:MAX_TEMPLATE]) is not None
