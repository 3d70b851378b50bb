"""What people do with one another in Chromium: talk, propose and merge, let a device in; and a menu
on a phone, by keys alone. As journeys.py: talking.py NAME, then {"url": ..., "chromium": ...}.
"""

from playwright.sync_api import Browser, Page, expect
from starting import PASSWORD, Journey, Seen, entered, main

FOCUSED = """() => {
  const it = document.activeElement, box = it.getBoundingClientRect();
  const x = box.x + box.width / 2, y = box.y + box.height / 2;
  const top = document.elementFromPoint(x, y);
  return {
    name: it.getAttribute("aria-label") || it.innerText.trim(),
    tag: it.localName,
    seen: box.width > 0 && box.left >= 0 && box.right <= innerWidth && it.contains(top),
  };
}"""


def talker(browser: Browser, asked: Seen) -> Seen:
    """Charlie asks; alice answers and closes; then she reads what he proposes, and merges it."""
    charlie, alice = entered(browser, asked, "charlie"), entered(browser, asked, "alice")
    charlie.goto(f"{asked['url']}/alice/talked")
    charlie.get_by_role("link", name="Community").click()
    charlie.get_by_role("link", name="New discussion").click()
    charlie.get_by_label("Title").fill("Which licence?")
    charlie.get_by_label("Text").fill("The card *does not* say.")
    charlie.get_by_role("button", name="Open it").click()
    expect(charlie.locator("article em")).to_have_text("does not")
    alice.goto(charlie.url)
    alice.get_by_label("Your comment").last.fill("MIT.")
    alice.get_by_role("button", name="Comment", exact=True).click()
    expect(alice.locator("article").last).to_contain_text("MIT.")
    alice.get_by_role("button", name="Close this discussion").click()
    charlie.reload()
    state = charlie.locator(".topic .state").inner_text()
    return {"state": state, **merged(alice, asked)}


def merged(alice: Page, asked: Seen) -> Seen:
    alice.goto(f"{asked['url']}/alice/talked/discussions")
    alice.get_by_role("link", name="Say the licence").click()
    alice.get_by_role("link", name="Files changed").click()
    ins = [it.strip() for it in alice.locator("pre.diff ins").all_inner_texts()]
    alice.get_by_role("link", name="Conversation").click()
    alice.get_by_role("button", name="Merge into main").click()
    expect(alice.locator(".topic .state")).to_have_text("merged")
    alice.get_by_role("link", name="Card", exact=True).click()
    return {"ins": ins, "card": alice.locator("article").inner_text()}


def device(browser: Browser, asked: Seen) -> Seen:
    """Types the code of a program that waits; is asked to log in on the way; approves."""
    page = browser.new_page()
    page.goto(f"{asked['url']}/oauth/device")
    page.get_by_label("Name").fill("alice")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_label("Code").fill(asked["code"].lower())
    page.get_by_role("button", name="Next").click()
    told = page.locator("dl.facts").inner_text()
    page.get_by_role("button", name="Approve").click()
    return {"told": told, "said": page.get_by_role("status").inner_text()}


def phone(browser: Browser, asked: Seen) -> Seen:
    """Goes through the bar and the menu by Tab and Enter, at 320 px; logs out by them."""
    page = browser.new_context(viewport={"width": 320, "height": 640}, has_touch=True).new_page()
    page.goto(f"{asked['url']}/login?next=/alice/talked")
    page.get_by_label("Name").fill("alice")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{asked['url']}/alice/talked")
    steps = []
    for _ in range(60):
        page.keyboard.press("Tab")
        steps.append(page.evaluate(FOCUSED))
        if steps[-1]["tag"] == "summary" and "alice" in steps[-1]["name"]:
            page.keyboard.press("Enter")
        if steps[-1]["name"] == "Log out":
            break
    page.keyboard.press("Enter")
    page.wait_for_url(f"{asked['url']}/")
    return {"steps": steps}


JOURNEYS: dict[str, Journey] = {
    "talker": talker,
    "device": device,
    "phone": phone,
}

if __name__ == "__main__":
    main(JOURNEYS)
