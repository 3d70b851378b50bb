"""How programs of this folder start Chromium, and journeys run; see journeys.py."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

ARGUMENTS = """--headless --no-sandbox --disable-gpu --disable-quic --no-first-run
--disable-background-networking --disable-component-update --disable-sync""".split()
PASSWORD = "correct horse battery"

Seen = dict[str, Any]
Journey = Callable[[Browser, Seen], Seen]


@contextmanager
def chromium(asked: Seen) -> Iterator[Browser]:
    """`asked` says where it is."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=asked["chromium"], args=ARGUMENTS)
        yield browser
        browser.close()


def main(journeys: Mapping[str, Journey]) -> None:
    """Goes the journey that the first argument names, and prints what was seen."""
    asked = json.load(sys.stdin)
    with chromium(asked) as browser:
        print(json.dumps(journeys[sys.argv[1]](browser, asked)))


def entered(browser: Browser, asked: Seen, name: str) -> Page:
    """A page of somebody who has logged in."""
    page = browser.new_context().new_page()
    page.goto(f"{asked['url']}/login")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{asked['url']}/")
    return page
