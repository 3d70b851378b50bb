"""The files of this checkout, as the house tests look at them."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = ("src", "tests", "bench", "demo", "fuzz", "scripts")


def committed() -> list[Path]:
    """Every file git tracks or would, without the ignored ones."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    return [path for name in names if name and (path := ROOT / name).is_file()]


def python_files() -> list[Path]:
    """Our code. The schema's history is left out: it only grows, and is never edited."""
    return [
        path
        for path in committed()
        if path.suffix == ".py"
        and path.relative_to(ROOT).parts[0] in CODE
        and "versions" not in path.parts
    ]
