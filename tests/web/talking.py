"""What the tests of discussions share."""

import re
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


def harmless(answer: httpx.Response) -> None:
    """Nothing of a stranger's is markup, or turns the direction of a title."""
    assert answer.status_code < 500
    text = answer.text
    scripts = re.findall(r"<script[^>]*>", text)
    assert set(scripts) <= {'<script type="module" src="/static/copy.js">'}
    for bad in ("<img src=x", "<iframe", "<style", "javascript:", "//evil"):
        for found in re.finditer(
            re.escape(bad), re.sub(r"<textarea.*?</textarea>", "", text, flags=re.S)
        ):
            around = text[found.start() - 1 : found.end() + 30]
            raise AssertionError(around)
    assert "script-src 'none'" in answer.headers["content-security-policy"] or (
        "default-src 'none'" in answer.headers["content-security-policy"]
    )
