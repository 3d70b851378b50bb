"""What strangers wrote, in Chromium: nothing of it runs, loads or is asked of another host."""

from pathlib import Path

import pytest

from browser.looking import wrong_with
from browsing import PASSWORD
from web.peopled import peopled_hub
from web.strangers import write_everywhere
from web.test_strangers import SEEDS

pytestmark = pytest.mark.browser
PAGES = [
    "/charlie",
    "/charlie/hostile",
    "/charlie/hostile/tree/main",
    "/charlie/hostile/blob/main/README.md",
    "/charlie/hostile/blob/main/notes.md",
    "/charlie/hostile/blob/main/code.py",
    "/charlie/hostile/blob/main/page.html",
    "/charlie/hostile/blob/main/config.json",
    "/charlie/hostile/blob/main/m-Q4_0.gguf",
    "/charlie/hostile/commits/main",
    "/charlie/hostile/discussions",
    "/charlie/hostile/discussions/1",
    "/charlie/hostile/discussions/2",
    "/charlie/hostile/discussions/2/files",
    "/charlie/hostile/branches",
    "/datasets/charlie/rows",
    "/fit/charlie/hostile",
    "/compare?ids=charlie/hostile,alice/base",
    "/collections",
    "/models?author=charlie&search=%22%3E%3Cimg%20src=x%20onerror=alert(9)%3E",
    "/alice/guarded/settings/access",
    "/alice/base",
    "/far/base-7b",
]


THEIRS = "console: Failed to load resource: the server responded with a status of 404"
"""A card may show a picture that is not there."""


def test_nothing_runs(tmp_path: Path) -> None:
    with peopled_hub(tmp_path / "hub") as hub:
        write_everywhere(hub, tmp_path)
        hub.settle()
        found = wrong_with(hub.url, PAGES, log_in=("alice", PASSWORD))
        written = wrong_with(hub.url, [*SEEDS], ["light", "phone"], log_in=("charlie", PASSWORD))
        sign_ons = wrong_with(hub.url, ["/settings/sessions"], log_in=("dana", PASSWORD))
    some = [*found.items(), *written.items(), *sign_ons.items()]
    said = {(page, it) for page, told in some for it in told if not it.startswith(THEIRS)}
    assert said == set()
