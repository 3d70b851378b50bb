"""Files and functions stay small enough to be read at once."""

import ast
from pathlib import Path

import pytest

from house.tree import ROOT, python_files

MOST_LINES_OF_A_FILE = 500
MOST_LINES_OF_A_FUNCTION = 60


def functions(path: Path) -> list[tuple[str, int]]:
    """Name and length in lines of every function, nested ones and methods included."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        (node.name, (node.end_lineno or node.lineno) - node.lineno + 1)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def test_files_are_short() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in python_files()
    }
    assert lengths, "no code was found"
    assert {name: n for name, n in lengths.items() if n > MOST_LINES_OF_A_FILE} == {}


def test_functions_are_short() -> None:
    long = [
        f"{path.relative_to(ROOT)}: {name} has {lines} lines"
        for path in python_files()
        for name, lines in functions(path)
        if lines > MOST_LINES_OF_A_FUNCTION
    ]
    assert long == []


@pytest.mark.parametrize(("body", "lines"), [("pass", 2), ("x = (1,\n  2)\n  return x", 4)])
def test_length_of_a_function(tmp_path: Path, body: str, lines: int) -> None:
    (tmp_path / "f.py").write_text(f"def f():\n  {body}\n")
    assert functions(tmp_path / "f.py") == [("f", lines)]
