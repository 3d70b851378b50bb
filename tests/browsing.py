"""What a browser does, without one: cookies, pages, and forms sent as their pages have them."""

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from hearthub.app import open_hub
from hearthub.settings import Settings
from live import LiveHub, Patient

PASSWORD = "correct horse battery"
_FORM = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.DOTALL)
_FIELD = re.compile(r"<input\b([^>]*)>")
_ATTRIBUTE = re.compile(r'(\w[\w-]*)="([^"]*)"')


class Browser(Patient):
    """Follows no redirect by itself; says where a form came from, as browsers do."""

    def __init__(self, hub: LiveHub) -> None:
        super().__init__(base_url=hub.url, timeout=60, verify=False)

    def hidden(self, page: str, action: str) -> dict[str, str]:
        """The hidden fields of the form with this action on a page."""
        text = self.get(page).text
        for attributes, inside in _FORM.findall(text):
            said = dict(_ATTRIBUTE.findall(attributes))
            if (said.get("method"), said.get("action")) == ("post", action):
                fields = [dict(_ATTRIBUTE.findall(field)) for field in _FIELD.findall(inside)]
                return {
                    it["name"]: html.unescape(it.get("value", ""))
                    for it in fields
                    if it.get("type") == "hidden"
                }
        raise AssertionError(f"{page} has no form for {action}")

    def submit(
        self,
        page: str,
        action: str | None = None,
        files: Any = None,
        headers: dict[str, str] | None = None,
        **fields: Any,
    ) -> httpx.Response:
        """Fill in the form of a page and send it; `action` is the page's own address if not said.

        A field that is None is left out, hidden ones too.
        """
        action = action or page
        data = self.hidden(page, action) | fields
        data = {name: value for name, value in data.items() if value is not None}
        origin = {"Origin": str(self.base_url).rstrip("/"), "Sec-Fetch-Site": "same-origin"}
        return self.post(action, data=data, files=files, headers=origin | (headers or {}))

    def log_in(self, name: str, password: str = PASSWORD, **more: Any) -> httpx.Response:
        return self.submit("/login", name=name, password=password, **more)


def give_passwords(data: Path, *names: str) -> None:
    """The cast of a hub has tokens alone until then."""
    with open_hub(Settings(data=data)) as parts:
        for name in names:
            parts.accounts.set_password(name, PASSWORD)


@contextmanager
def logged_in(hub: LiveHub, name: str) -> Iterator[Browser]:
    with Browser(hub) as browser:
        answer = browser.log_in(name)
        assert answer.status_code == 303, answer.text
        yield browser
