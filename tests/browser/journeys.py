"""What people do in Chromium, from the log-in to the commit; prints as JSON what they saw.

Runs in an environment of its own, which has Playwright: journeys.py NAME, then on standard input
{"url": ..., "chromium": ..., "folder": ...}. A journey that cannot be gone ends with an error.
"""

import base64
from pathlib import Path

from playwright.sync_api import Browser, Page, Route, expect
from starting import PASSWORD, Journey, Seen, entered, main

DROP = """([name, data]) => {
  const bytes = Uint8Array.from(atob(data), c => c.charCodeAt(0));
  const it = new DataTransfer();
  it.items.add(new File([bytes], name));
  return it;
}"""


def newcomer(browser: Browser, asked: Seen) -> Seen:
    """Signs up, creates a model, uploads, edits the card, makes a token, logs out; no script."""
    context = browser.new_context(java_script_enabled=False)
    page, url = context.new_page(), asked["url"]
    page.goto(url)
    page.get_by_role("link", name="Log in").click()
    page.get_by_role("link", name="Sign up").click()
    page.get_by_label("Name", exact=True).fill("nina")
    page.get_by_label("Full name").fill("Nina N.")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    page.wait_for_url(f"{url}/nina")
    page.goto(f"{url}/new")
    page.get_by_label("Model name").fill("first")
    page.get_by_label("Licence").select_option("mit")
    page.get_by_role("button", name="Create model").click()
    page.wait_for_url(f"{url}/nina/first")
    upload_without_script(page, Path(asked["folder"]))
    edit_card(page)
    page.goto(f"{url}/settings/tokens")
    page.get_by_label("Name", exact=True).fill("laptop")
    page.get_by_role("button", name="Create token").click()
    token = page.locator("code.secret").inner_text()
    page.locator("details.account summary").click()
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url(f"{url}/")
    page.goto(f"{url}/settings/tokens")
    return {"token": token, "after": page.url, "cookies": context.cookies()}


def upload_without_script(page: Page, folder: Path) -> None:
    page.get_by_role("link", name="Upload").click()
    page.get_by_label("Choose files").set_input_files([folder / "a.txt", folder / "b.txt"])
    page.get_by_label("Into the folder").fill("docs")
    page.get_by_role("button", name="Commit to main").click()
    expect(page.get_by_role("link", name="a.txt", exact=True)).to_be_visible()


def edit_card(page: Page) -> None:
    page.get_by_role("link", name="Edit card").click()
    text = page.get_by_label("README.md")
    text.fill("---\nlicense: mit\n---\n# Hello\n\nWhat *I* made.\n")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_label("Preview").locator("em")).to_have_text("I")
    page.get_by_role("button", name="Commit to main").click()
    expect(page.locator("article em")).to_have_text("I")


def dropping(browser: Browser, asked: Seen) -> Seen:
    """Drops a file while the connection breaks again and again; reloads in the middle."""
    page, url = entered(browser, asked, "alice"), asked["url"]
    pieces = Pieces()
    page.route("**/upload/main/file?**", pieces.broken)
    data = Path(asked["folder"], "large.bin").read_bytes()
    page.goto(f"{url}/alice/dropped/upload/main")
    drop(page, "large.bin", data)
    choose(page, asked)
    expect(page.locator(".uploads li")).to_have_count(2)
    page.get_by_role("button", name="Commit to main").click()
    page.wait_for_url(f"{url}/alice/dropped/tree/main", timeout=60_000)
    names = page.locator("table.files tbody tr").all_inner_texts()
    return {"broken": pieces.cut, "sent": pieces.sent, "names": names, "said": pieces.said}


def shelving(browser: Browser, asked: Seen) -> Seen:
    """Drops a folder with another in it, as a mouse does, while the connection breaks."""
    page, url = entered(browser, asked, "alice"), asked["url"]
    pieces = Pieces()
    page.route("**/upload/main/file?**", pieces.broken)
    page.goto(f"{url}/alice/shelved/upload/main")
    box = page.locator("form.upload").bounding_box()
    assert box
    mouse, dragged = page.context.new_cdp_session(page), {"items": [], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        place = {"type": kind, "x": box["x"] + 50, "y": box["y"] + 50}
        files = {**dragged, "files": [str(Path(asked["folder"], "shelf"))]}
        mouse.send("Input.dispatchDragEvent", {**place, "data": files})
    expect(page.locator(".uploads li")).to_have_count(3)
    page.get_by_role("button", name="Commit to main").click()
    page.wait_for_url(f"{url}/alice/shelved/tree/main", timeout=60_000)
    return {"broken": pieces.cut}


def resumed(browser: Browser, asked: Seen) -> Seen:
    """The page is left in the middle, and the same file chosen again."""
    page, url = entered(browser, asked, "alice"), asked["url"]
    path = Path(asked["folder"], "large.bin")
    pieces = Pieces(dies_after=1)
    page.route("**/upload/main/file?**", pieces.broken)
    page.goto(f"{url}/alice/resumed/upload/main")
    page.get_by_label("Choose files").set_input_files(path)
    page.get_by_role("button", name="Commit to main").click()
    expect(page.get_by_role("status")).to_contain_text("connection is broken", timeout=30_000)
    page.unroute("**/upload/main/file?**")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{url}/alice/resumed/upload/main")
    again = Pieces(every=10**9)
    page.route("**/upload/main/file?**", again.broken)
    page.get_by_label("Choose files").set_input_files(path)
    page.get_by_role("button", name="Commit to main").click()
    page.wait_for_url(f"{url}/alice/resumed/tree/main", timeout=60_000)
    return {"first": pieces.sent, "second": again.sent}


class Pieces:
    """Cuts every second piece: before the hub has it, and after, so that the answer is lost."""

    def __init__(self, every: int = 2, dies_after: int | None = None) -> None:
        self.every, self.dies_after = every, dies_after
        self.sent: list[int] = []
        self.cut = self.seen = 0
        self.said: list[str] = []

    def broken(self, route: Route) -> None:
        request = route.request
        if request.method != "PUT":
            route.continue_()
            return
        self.seen += 1
        if self.dies_after is not None and self.seen > self.dies_after:
            route.abort("connectionreset")
            return
        if self.seen % self.every == 0:
            self.cut += 1
            if self.cut % 2:
                route.abort("connectionreset")
                return
            route.fetch()
            route.abort("connectionreset")
            return
        self.sent.append(int(request.url.partition("offset=")[2]))
        route.continue_()


def drop(page: Page, name: str, data: bytes) -> None:
    transfer = page.evaluate_handle(DROP, [name, base64.b64encode(data).decode()])
    page.dispatch_event("form.upload", "drop", {"dataTransfer": transfer})


def choose(page: Page, asked: Seen) -> None:
    page.get_by_label("Choose files").set_input_files(Path(asked["folder"], "a.txt"))


def administrator(browser: Browser, asked: Seen) -> Seen:
    """Disables somebody, who is thrown out; somebody else does not find the page at all."""
    url = asked["url"]
    root, bob = entered(browser, asked, "root"), entered(browser, asked, "bob")
    root.locator("details.account summary").click()
    root.get_by_role("link", name="Administration").click()
    root.get_by_role("button", name="Disable bob").click()
    expect(root.get_by_role("status")).to_have_text("Changed.")
    bob.goto(f"{url}/settings/profile")
    thrown_out = bob.url
    root.get_by_role("button", name="Enable bob").click()
    for name in ("Jobs", "Storage"):
        root.get_by_role("link", name=name, exact=True).click()
        expect(root.get_by_role("heading", name=name, exact=True)).to_be_visible()
    charlie = entered(browser, asked, "charlie")
    answer = charlie.goto(f"{url}/admin/users")
    return {"thrown_out": thrown_out, "charlie": answer.status if answer else 0}


def owner(browser: Browser, asked: Seen) -> Seen:
    """Hides a repo, which an outsider then does not find; gates it; deletes it with its name."""
    url = asked["url"]
    alice, outsider = entered(browser, asked, "alice"), browser.new_context().new_page()
    seen = []

    def look() -> None:
        answer = outsider.goto(f"{url}/alice/owned")
        seen.append(answer.status if answer else 0)

    look()
    alice.goto(f"{url}/alice/owned")
    alice.get_by_role("link", name="Settings", exact=True).first.click()
    alice.get_by_label("Only you, or the members").check()
    alice.get_by_role("button", name="Save").click()
    expect(alice.get_by_role("status")).to_have_text("Saved.")
    look()
    alice.get_by_label("Everybody", exact=True).check()
    alice.get_by_label("You decide who gets access").check()
    alice.get_by_role("button", name="Save").click()
    look()
    gated = outsider.locator("article").inner_text()
    alice.get_by_label("Type alice/owned").fill("alice/owned")
    alice.get_by_role("button", name="Delete this model").click()
    alice.wait_for_url(f"{url}/alice")
    look()
    return {"seen": seen, "gated": gated}


JOURNEYS: dict[str, Journey] = {
    "newcomer": newcomer,
    "dropping": dropping,
    "shelving": shelving,
    "resumed": resumed,
    "administrator": administrator,
    "owner": owner,
}

if __name__ == "__main__":
    main(JOURNEYS)
