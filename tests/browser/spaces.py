"""Opens a static space alone and in a frame, with a session's cookie, and prints as JSON where the
first leads, what the space's scripts were able to do, and which requests carried a cookie."""

import json
import sys
from typing import Any

from playwright.sync_api import Page, Request
from starting import chromium

TRIES = """async () => {
  const said = async f => { try { return String(await f()); } catch (e) { return e.name; } };
  return {
    origin: self.origin,
    fetched: await said(async () => (await (await fetch("data.json")).json()).x),
    module: document.body.dataset.module,
    styled: getComputedStyle(document.querySelector("h1")).color,
    cookie: await said(() => document.cookie),
    storage: await said(() => localStorage.length),
    parent: await said(() => parent.document.title),
    elsewhere: await said(() => fetch("http://127.0.0.1:9/")),
    opened: await said(() => window.open("/") === null),
    workers: await said(() => navigator.serviceWorker.register("app.js")),
  };
}"""


def main() -> None:
    asked = json.load(sys.stdin)
    with chromium(asked) as browser:
        context = browser.new_context()
        context.add_cookies([{"name": "hearthub_session", "value": "secret", "url": asked["url"],
                              "sameSite": "Lax"}])  # fmt: skip
        page = context.new_page()
        page.goto(asked["url"] + asked["space"], wait_until="networkidle")
        alone = page.url.removeprefix(asked["url"])
        page = context.new_page()
        cookies = heard(page)
        page.route("**/framing", lambda route: route.fulfill(
            content_type="text/html", body=f"<title>secret</title>{asked['frame']}"
        ))  # fmt: skip
        page.goto(asked["url"] + "/framing", wait_until="networkidle")
        frame = page.frames[1]
        framed = frame.evaluate(TRIES)
    print(json.dumps({"alone": alone, "framed": framed, "cookies": cookies}))


def heard(page: Page) -> list[str]:
    """Fills with the paths of requests that scripts and pages of the space made with a cookie."""
    found: list[str] = []

    def on_request(request: Request) -> None:
        headers: dict[str, Any] = request.all_headers()
        if "cookie" in headers and not request.is_navigation_request():
            found.append(request.url)

    page.on("requestfinished", on_request)
    return found


if __name__ == "__main__":
    main()
