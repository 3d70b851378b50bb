"""Loads pages in Chromium as a phone on a slow network does, and prints what it took as JSON.

Runs in an environment of its own, which has Playwright; {"url", "pages", "chromium"} come on
standard input. Network and processor are those that Lighthouse simulates for a phone: 150 ms there
and back, 1.6 Mbit/s, a processor four times slower.
"""

import json
import sys
from typing import Any

from playwright.sync_api import Browser, sync_playwright

ARGUMENTS = """--headless --no-sandbox --disable-gpu --disable-quic --no-first-run
--disable-background-networking --disable-component-update --disable-sync""".split()
PHONE = {"viewport": {"width": 412, "height": 823}, "device_scale_factor": 1.75}
NETWORK = {"offline": False, "latency": 150, "downloadThroughput": 204_800,
           "uploadThroughput": 96_000}  # fmt: skip
SLOWER, SETTLE_MS = 4, 1000
WATCH = """() => {
  window.seen = {lcp: 0, cls: 0, tbt: 0};
  const on = (type, each) => new PerformanceObserver(list => list.getEntries().forEach(each))
    .observe({type, buffered: true});
  on("largest-contentful-paint", it => { seen.lcp = it.startTime; });
  on("layout-shift", it => { if (!it.hadRecentInput) seen.cls += it.value; });
  on("longtask", it => { seen.tbt += Math.max(0, it.duration - 50); });
}"""
TELL = """() => {
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  const all = [...performance.getEntriesByType("navigation"),
               ...performance.getEntriesByType("resource")];
  return {fcp: paint ? paint.startTime : null, ...seen, requests: all.length,
          bytes: all.reduce((sum, it) => sum + it.transferSize, 0)};
}"""


def main() -> None:
    asked = json.load(sys.stdin)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=asked["chromium"], args=ARGUMENTS)
        print(json.dumps({path: load(browser, asked["url"] + path) for path in asked["pages"]}))
        browser.close()


def load(browser: Browser, url: str) -> dict[str, Any]:
    """With nothing kept of an earlier page. Times in ms, sizes in bytes over the wire."""
    context = browser.new_context(**PHONE)
    context.add_init_script(f"({WATCH})()")
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.emulateNetworkConditions", NETWORK)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(url, wait_until="load")
    page.wait_for_timeout(SETTLE_MS)
    found: dict[str, Any] = page.evaluate(TELL)
    context.close()
    return found


if __name__ == "__main__":
    main()
