"""Pages in Chromium: nothing that axe finds, no error, no other host, no sideways scrolling."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.observatory import observing_hub
from live import LiveHub
from needs import axe, client_python, needs

pytestmark = pytest.mark.browser
PAGES = [
    "/",
    "/alice/open",
    "/models",
    "/models?search=open&origin=all",
    "/pulse",
    "/pulse?sort=surprise&lang=ja",
    "/pulse/weekly",
    "/pulse/weekly/made-up/2026-03-15",
    "/pulse/state/made-up/2026-03-16?lang=ja",
    "/pulse/metrics",
    "/pulse/metrics/share_licence?source=made-up",
    "/pulse/metrics/period_downloads?source=made-up&by=month&window=all",
    "/pulse/claims",
]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    with observing_hub(tmp_path_factory.mktemp("looking")) as running:
        yield running


def test_what_axe_and_the_browser_say(hub: LiveHub) -> None:
    """A page in all modes is seen by one browser: starting one takes longer than a page."""
    needs("chromium")
    asked = {
        "url": hub.url,
        "chromium": shutil.which("chromium"),
        "pages": PAGES,
        "modes": ["light", "dark", "phone", "no script"],
    }
    done = subprocess.run(
        [client_python("browser"), Path(__file__).with_name("look.py"), axe()],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert list(found) == asked["modes"]
    assert [list(pages) for pages in found.values()] == [PAGES] * 4
    wrong = {
        f"{mode} {path}": said for mode, pages in found.items() for path, said in pages.items()
        if said
    }  # fmt: skip
    assert wrong == {}
