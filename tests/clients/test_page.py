"""The committed page of compatibility claims nothing that no test runs."""

import ast
import re
from pathlib import Path

import pytest

from clients import training
from clients.compatibility import PAGE, Compatibility, read_page
from clients.runner import SCENARIOS


def steps_of(script: Path) -> list[str]:
    """The operations of a scenario as patterns: what is filled in when it runs matches all."""
    text = script.read_text(encoding="utf-8")
    if script.suffix == ".mjs":
        literals = re.findall(r"""await step\(["`](.*?)["`],""", text)
        return [re.sub(r"\\\$\\\{.*?\\\}", ".+", re.escape(literal)) for literal in literals]
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    return [
        pattern(call.args[0])
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "step"
    ]


def pattern(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(map(pattern, node.values))
    return re.escape(str(node.value)) if isinstance(node, ast.Constant) else ".+"


def test_names_only_operations_that_are_run() -> None:
    page = read_page(PAGE.read_text(encoding="utf-8"))
    steps = [step for script in sorted(SCENARIOS.glob("*.*")) for step in steps_of(script)]
    assert len(steps) > 100
    unknown = [
        operation
        for section, columns in page.items()
        if section != training.SECTION
        for operation in {name for column in columns.values() for name in column}
        if not any(re.fullmatch(step, operation) for step in steps)
    ]
    assert unknown == []


def test_names_exactly_the_tests_of_the_training_libraries() -> None:
    page = read_page(PAGE.read_text(encoding="utf-8"))
    said = {client: set(column) for client, column in page[training.SECTION].items()}
    assert said == training.columns()


def test_a_page_reads_back(tmp_path: Path) -> None:
    outcomes = Compatibility()
    outcomes.add("Section", "1.0", {"whoami": "yes", "f(x='a')": "no"})
    outcomes.add("Section", "2.0", {"whoami": "yes", "new": "absent"})
    page = tmp_path / "page.md"
    page.write_text(outcomes.page(), encoding="utf-8")
    assert read_page(page.read_text()) == outcomes.sections
    outcomes.check("Section", "1.0", page)


@pytest.mark.parametrize(
    "column",
    [{"whoami": "yes"}, {"whoami": "yes", "ls": "no"}, {"whoami": "yes", "ls": "yes", "x": "yes"}],
)
def test_a_page_that_says_something_else_is_refused(
    tmp_path: Path, column: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HEARTHUB_WRITE_COMPATIBILITY", raising=False)
    said, ran = Compatibility(), Compatibility()
    said.add("Section", "1.0", column)
    ran.add("Section", "1.0", {"whoami": "yes", "ls": "yes"})
    page = tmp_path / "page.md"
    page.write_text(said.page(), encoding="utf-8")
    with pytest.raises(AssertionError):
        ran.check("Section", "1.0", page)
