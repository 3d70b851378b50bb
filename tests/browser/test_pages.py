"""Pages in Chromium: nothing that axe finds, no error, no other host, no sideways scrolling."""

from collections.abc import Iterator

import pytest

from api.observatory import observing_hub
from browser.looking import wrong_with
from live import LiveHub
from web.fitted import fill

pytestmark = pytest.mark.browser
PAGES = [
    "/",
    "/?rising=day",
    "/alice/open",
    "/models",
    "/models?search=open&origin=all",
    "/models?fits=24&min=3&origin=all",
    "/alice/base",
    "/alice/base-GGUF?hardware=rtx-4090",
    "/far/base-7b?hardware=24",
    "/far/base-7b/history",
    "/datasets",
    "/datasets?search=nothing-is-called-so",
    "/datasets/alice/some-dataset",
    "/spaces",
    "/spaces/alice/some-space",
    "/kernels",
    "/fit",
    "/fit?hardware=rtx-4090",
    "/fit/alice/base-GGUF?hardware=rtx-4090",
    "/compare?ids=alice/base,far/base-7b",
    "/pulse",
    "/pulse?sort=surprise&lang=ja",
    "/pulse/weekly",
    "/pulse/weekly/made-up",
    "/pulse/weekly/made-up/2026-03-15",
    "/pulse/state",
    "/pulse/state/made-up",
    "/pulse/state/made-up/2026-03-16?lang=ja",
    "/pulse/metrics",
    "/pulse/metrics?lang=ja",
    "/pulse/metrics/share_licence?source=made-up&lang=ja",
    "/pulse/claims?source=made-up&lang=ja",
    "/pulse/metrics/share_licence?source=made-up",
    "/pulse/metrics/period_downloads?source=made-up&by=month&window=all",
    "/pulse/claims",
]

NO_CARD = "console: No available adapters."
"""Says Chromium of a machine without a graphics card, which /fit would suggest."""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    with observing_hub(tmp_path_factory.mktemp("looking")) as running:
        fill(running)
        yield running


def test_what_axe_and_the_browser_say(hub: LiveHub) -> None:
    wrong = wrong_with(hub.url, PAGES)
    assert {page: said for page, said in wrong.items() if said != [NO_CARD]} == {}
