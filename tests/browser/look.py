"""Looks at pages in Chromium, and prints what is wrong with each as JSON.

Runs in an environment of its own, which has Playwright: look.py AXE.js, then on standard input
{"url": ..., "pages": [...], "modes": [...]}, with {"log_in": [name, password]} for pages of
somebody. {"acts": {page: {...}}} says what is done on a page before it is looked at (`act`). What
is said goes by mode and page. With {"pictures": folder} each leaves one there.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
)
from starting import chromium

MODES: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}},
    "phone": {"color_scheme": "light", "viewport": {"width": 320, "height": 640}},
    "no script": {"java_script_enabled": False, "viewport": {"width": 1280, "height": 900}},
}
BY_ITSELF = ("chrome://", "chrome-extension://")
"""Of Chromium's own viewer of PDF files: no page can ask for these, and no host is asked."""
MENUS = "details.account, details.revisions"
# What is shut is not looked at. Menus lie over what is below them, so each is opened alone.
OPENED = f"""() => {{
  for (const it of document.querySelectorAll("details")) it.open ||= !it.matches("{MENUS}");
}}"""
WIDE = """() => {
  const most = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= most) return [];
  const inside = e => e && (getComputedStyle(e).overflowX !== "visible" || inside(e.parentElement));
  const found = [...document.body.querySelectorAll("*")]
    .filter(e => e.getBoundingClientRect().right > most && !inside(e.parentElement))
    .slice(0, 3).map(e => e.outerHTML.slice(0, 200));
  return found.length ? found : [`${document.documentElement.scrollWidth} px`];
}"""

# As the browser has read it: elements or handlers that a stranger wrote, and text that is turned
# outside of what is theirs to write.
THEIRS = """() => {
  const turns = /(?![\\n\\r\\t])[\\p{Cc}\\p{Bidi_Control}]/u;
  const found = [...document.querySelectorAll("x-evil, [onclick], [onerror], [onload]")]
    .map(e => `markup: ${e.outerHTML.slice(0, 200)}`);
  if (turns.test(document.title)) found.push(`turned title: ${document.title}`);
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let it = texts.nextNode(); it; it = texts.nextNode())
    if (turns.test(it.data) && !it.parentElement.closest(".card-text, textarea"))
      found.push(`turned: ${it.data.slice(0, 200)}`);
  return found;
}"""


def main() -> None:
    asked = json.load(sys.stdin)
    axe = Path(sys.argv[1]).read_text()
    with chromium(asked) as browser:
        found = {mode: look(browser, mode, asked, axe) for mode in asked["modes"]}
    print(json.dumps(found))


def look(browser: Browser, mode: str, asked: dict[str, Any], axe: str) -> dict[str, list[str]]:
    context = browser.new_context(**MODES[mode])
    if "log_in" in asked:
        log_in(context, asked["url"], *asked["log_in"])
    found = {}
    for path in asked["pages"]:
        page, said = context.new_page(), list[str]()
        listen(page, asked["url"], said)
        page.goto(asked["url"] + path, wait_until="load")
        act(page, asked.get("acts", {}).get(path, {}))
        if mode != "no script":
            page.evaluate(OPENED)
            said += judged(page, mode, axe)
        if "pictures" in asked:
            name = f"{mode}{path}".replace("/", "_").replace(" ", "_")
            page.screenshot(path=f"{asked['pictures']}/{name}.png", full_page=True)
        found[path] = said
        page.close()
    context.close()
    return found


def act(page: Page, asked: dict[str, Any]) -> None:
    """`fill`: texts by label, then `press` says how a button is called; or `open` a menu."""
    for label, text in asked.get("fill", {}).items():
        page.get_by_label(label, exact=True).fill(text)
    if "press" in asked:
        with page.expect_navigation(wait_until="load"):
            page.get_by_role("button", name=re.compile(asked["press"])).first.click()
    if "open" in asked:
        page.locator(f"{asked['open']} > summary").click()


def log_in(context: BrowserContext, url: str, name: str, password: str) -> None:
    page = context.new_page()
    page.goto(f"{url}/login")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{url}/")
    page.close()


def listen(page: Page, url: str, said: list[str]) -> None:
    def on_console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            said.append(f"console: {message.text}")

    def on_request(request: Request) -> None:
        if not request.url.startswith((url, "data:", *BY_ITSELF)):
            said.append(f"another host: {request.url}")

    page.on("console", on_console)
    page.on("request", on_request)
    page.on("dialog", lambda dialog: (said.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.on("pageerror", lambda error: said.append(f"script: {error}"))


def judged(page: Page, mode: str, axe: str) -> list[str]:
    said = [f"wider than the window: {it}" for it in page.evaluate(WIDE)]
    said += page.evaluate(THEIRS)
    if mode == "phone":  # what axe says does not depend on the width
        return said
    page.evaluate(f"{axe};0")
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    only = {"type": "rule", "values": ["color-contrast"]} if mode == "dark" else rules
    options = {"runOnly": only, "resultTypes": ["violations"]}
    result = page.evaluate("options => axe.run(options)", options)
    for violation in result["violations"]:
        where = "; ".join(node["html"][:200] for node in violation["nodes"][:3])
        said.append(f"axe {violation['id']}: {where}")
    return said


if __name__ == "__main__":
    main()
