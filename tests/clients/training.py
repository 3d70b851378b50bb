"""The tests in `train/` as operations: modules are libraries, names are what they do."""

import ast
import re
from pathlib import Path

TRAIN = Path(__file__).parent / "train"
LOCKED = Path(__file__).parents[2] / "requirements" / "clients" / "train.txt"
SECTION = "Training libraries"
LIBRARIES = {
    "test_transformers": "transformers",
    "test_tutorial": "transformers",
    "test_peft": "peft",
    "test_datasets": "datasets",
    "test_files": "huggingface-hub",
}


def operation(nodeid: str) -> tuple[str, str, str] | None:
    """Section, client and operation of a test, or None when it lies elsewhere."""
    match = re.search(r"clients/train/(\w+)\.py::test_(\w+)", nodeid)
    if match is None:
        return None
    library = LIBRARIES[match[1]]
    return SECTION, f"{library} {version(library)}", match[2].replace("_", " ")


def version(library: str) -> str:
    found = re.search(rf"^{library}==(\S+)", LOCKED.read_text(encoding="utf-8"), re.MULTILINE)
    assert found, f"{LOCKED.name} pins no {library}"
    return found[1]


def columns() -> dict[str, set[str]]:
    """Every operation there is, by client."""
    found: dict[str, set[str]] = {}
    for path in sorted(TRAIN.glob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                named = operation(f"clients/train/{path.name}::{node.name}")
                assert named
                found.setdefault(named[1], set()).add(named[2])
    return found
