"""What readers do in Chromium: choose, read, compare, follow, ask for access; as journeys.py.

reading.py NAME, then on standard input {"url": ..., "chromium": ...}.
"""

from playwright.sync_api import Browser, expect
from starting import Journey, Seen, entered, main


def chooser(browser: Browser, asked: Seen) -> Seen:
    """Finds a model that fits a card of 8 GiB, and copies the command that runs it."""
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(asked["url"])
    page.get_by_role("link", name="Fit", exact=True).click()
    page.get_by_label("Or a card with so many GiB").fill("8")
    page.get_by_role("form", name="Hardware by its memory").get_by_role("button").click()
    page.wait_for_url("**hardware=8**")
    page.get_by_role("link", name="alice/base", exact=True).first.click()
    copy = page.locator("button.copy").first
    copy.click()
    expect(copy).to_have_text("Copied")
    return {"page": page.url, "copied": page.evaluate("navigator.clipboard.readText()")}


def reader(browser: Browser, asked: Seen) -> Seen:
    """Reads the newest weekly pulse, fetches the data of a chart, and goes on in Japanese."""
    page = browser.new_page()
    page.goto(f"{asked['url']}/pulse/weekly")
    page.locator("main a[href^='/pulse/weekly/made-up/']").first.click()
    title = page.locator("h1").inner_text()
    href = page.locator("figcaption a[href$='.csv']").first.get_attribute("href")
    data = page.request.get(page.evaluate("href => new URL(href, location).href", href))
    page.get_by_role("link", name="日本語").first.click()
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    return {"title": title, "csv": data.text(), "ja": page.locator("h1").inner_text()}


def keyboard(browser: Browser, asked: Seen) -> Seen:
    """Searches and opens what was found with keys alone."""
    page = browser.new_page()
    page.goto(asked["url"])
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "search":
            break
    page.keyboard.type("base-gguf")
    page.keyboard.press("Enter")
    page.wait_for_url("**/models?**")
    inside = "document.activeElement.getAttribute('href') === '/alice/base-GGUF'"
    for _ in range(150):
        page.keyboard.press("Tab")
        if page.evaluate(inside):
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/alice/base-GGUF")
    return {"page": page.url}


def comparer(browser: Browser, asked: Seen) -> Seen:
    """Puts two models side by side, without a script, and takes the table away as CSV."""
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{asked['url']}/compare")
    for name in ("alice/base", "far/base-7b"):
        page.get_by_label("Add a model").last.fill(name)
        page.get_by_role("button", name="Add", exact=True).click()
    heads = page.locator("table.compared thead a bdi").all_inner_texts()
    href = page.get_by_role("link", name="CSV").get_attribute("href")
    return {"heads": heads, "csv": page.request.get(f"{asked['url']}{href}").text()}


def follower(browser: Browser, asked: Seen) -> Seen:
    """Follows somebody, makes a feed of it all, and revokes its address."""
    page = entered(browser, asked, "charlie")
    page.goto(f"{asked['url']}/alice")
    page.get_by_role("button", name="Follow", exact=True).click()
    expect(page.get_by_role("button", name="Unfollow")).to_be_visible()
    page.goto(f"{asked['url']}/settings/feed")
    page.get_by_role("button", name="Make an address").click()
    address = page.locator("code.secret").inner_text()
    feed = page.request.get(address).text()
    page.goto(f"{asked['url']}/settings/feed")
    page.get_by_role("button", name="Revoke the address").click()
    return {"feed": feed, "after": page.request.get(address).status}


def asker(browser: Browser, asked: Seen) -> Seen:
    """Asks for a gated repo, whose owner lets them in."""
    bob, alice = entered(browser, asked, "bob"), entered(browser, asked, "alice")
    file = f"{asked['url']}/alice/guarded/blob/main/secret.txt"
    bob.goto(file)
    before = bob.locator("main").inner_text()
    bob.goto(f"{asked['url']}/alice/guarded")
    bob.locator("section.gate form button.main").click()
    expect(bob.get_by_role("button", name="Cancel my request")).to_be_visible()
    alice.goto(f"{asked['url']}/alice/guarded/settings/access")
    alice.get_by_role("button", name="Accept").first.click()
    bob.goto(file)
    return {"before": before, "after": bob.locator("main").inner_text()}


JOURNEYS: dict[str, Journey] = {
    "chooser": chooser,
    "reader": reader,
    "keyboard": keyboard,
    "comparer": comparer,
    "follower": follower,
    "asker": asker,
}

if __name__ == "__main__":
    main(JOURNEYS)
