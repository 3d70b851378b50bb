"""What the tests of discussions share."""

import re
from html.parser import HTMLParser
from typing import Any

import httpx

from browsing import Browser

HOSTILE = '"><script>alert(1)</script>'


def begun(browser: Browser, repo: str, title: str, **fields: Any) -> str:
    """The address of a new discussion."""
    answer = browser.submit(f"/{repo}/discussions/new", title=title, **fields)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def comment_ids(text: str) -> list[str]:
    return re.findall(r'<li id="e-(\w+)" class="said"', text)


def acts(repo: str, page: str, uid: str) -> list[tuple[str, dict[str, str]]]:
    """Every form about a repo's talk, with what it would say."""
    return [
        (f"/{repo}/discussions/new", {"title": "x", "text": "x"}),
        (f"{page}/comment", {"text": "x"}),
        (f"{page}/comment/{uid}/edit", {"text": "x"}),
        (f"{page}/comment/{uid}/hide", {}),
        (f"{page}/title", {"title": "x"}),
        (f"{page}/status", {"status": "closed"}),
        (f"{page}/merge", {}),
        (f"/{repo}/like", {"like": "yes"}),
    ]


class _Tags(HTMLParser):
    """Every element of a page with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))


def harmless(answer: httpx.Response) -> None:
    """No element or address on it is a stranger's."""
    assert answer.status_code < 500
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    for tag, attributes in _Tags(answer.text).found:
        assert tag not in ("iframe", "style", "object"), attributes
        assert tag != "script" or attributes == {"type": "module", "src": "/static/copy.js"}
        assert not any(name.startswith(("on", "style")) for name in attributes), attributes
        for name in ("href", "src", "action"):
            value = attributes.get(name, "")
            assert not value.startswith(("javascript:", "//", "http://evil")), attributes
        if tag == "form":
            assert attributes["action"] != "/logout" or attributes["method"] == "post"
    titles = re.findall(r"<bdi>(.*?)</bdi>", answer.text)
    assert not re.search("[\u202e\u2066]", " ".join(titles))
