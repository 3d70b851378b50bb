"""Chromium as tests start it: a program of this folder, in an environment that has Playwright."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from needs import axe, client_python, needs

MODES = ["light", "dark", "phone", "no script"]


def run(program: str, asked: dict[str, Any], *arguments: str | Path) -> Any:
    """What the program says, as JSON, to what it is asked; skips where there is no Chromium."""
    needs("chromium")
    done = subprocess.run(
        [client_python("browser"), Path(__file__).with_name(program), *arguments],
        input=json.dumps({**asked, "chromium": shutil.which("chromium")}),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def wrong_with(
    url: str, pages: list[str], modes: Sequence[str] = MODES, **more: Any
) -> dict[str, list[str]]:
    """By mode and page; `more` as look.py has it. A page in all modes is seen by one browser:
    starting one takes longer than a page."""
    found = run("look.py", {"url": url, "pages": pages, "modes": modes, **more}, axe())
    assert list(found) == list(modes)
    assert [list(seen) for seen in found.values()] == [pages] * len(modes)
    return {
        f"{mode} {path}": said
        for mode, seen in found.items()
        for path, said in seen.items()
        if said
    }
