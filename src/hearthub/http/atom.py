"""Feeds as Atom has them (RFC 4287). Every text in one may be a stranger's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import sha256
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, SubElement, tostring

from starlette.requests import Request
from starlette.responses import Response

from hearthub.http.files import is_fresh
from hearthub.http.urls import base_url

NAMESPACE = "http://www.w3.org/2005/Atom"
TYPE = "application/atom+xml"
NEVER = "1970-01-01T00:00:00Z"


@dataclass(frozen=True)
class Entry:
    """`updated` as `utc` writes it; `href` and `id` are absolute."""

    id: str
    title: str
    updated: str
    href: str
    summary: str = ""
    author: str = ""
    term: str = ""


@dataclass(frozen=True)
class Feed:
    """`here` is its own address, `page` that of the same for people."""

    id: str
    title: str
    here: str
    entries: Sequence[Entry]
    page: str = ""
    lang: str = "en"

    @property
    def updated(self) -> str:
        return max((it.updated for it in self.entries), default=NEVER)


def xml(feed: Feed) -> bytes:
    root = Element("feed", {"xmlns": NAMESPACE, "xml:lang": feed.lang})
    _text(root, "id", feed.id)
    _text(root, "title", feed.title)
    _text(root, "updated", feed.updated)
    SubElement(root, "link", {"rel": "self", "type": TYPE, "href": feed.here})
    if feed.page:
        SubElement(root, "link", {"rel": "alternate", "type": "text/html", "href": feed.page})
    _text(SubElement(root, "author"), "name", "Hearthub")
    for it in feed.entries:
        entry = SubElement(root, "entry")
        _text(entry, "id", it.id)
        _text(entry, "title", it.title)
        _text(entry, "updated", it.updated)
        SubElement(entry, "link", {"rel": "alternate", "type": "text/html",
                                   "hreflang": feed.lang, "href": it.href})  # fmt: skip
        if it.author:
            _text(SubElement(entry, "author"), "name", it.author)
        if it.summary:
            _text(entry, "summary", it.summary)
        if it.term:
            SubElement(entry, "category", {"term": it.term})
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def feed_answer(request: Request, feed: Feed, *, private: bool = False) -> Response:
    """The feed, or that the caller has it already, by its ETag alone.

    Not by the time: what is taken back, or was made long before it was sent, changes a feed whose
    newest entry stays.
    """
    content = xml(feed)
    etag = f'"{sha256(content).hexdigest()[:32]}"'
    headers = {
        "ETag": etag,
        "Last-Modified": format_datetime(datetime.fromisoformat(feed.updated), usegmt=True),
        "Cache-Control": f"{'private' if private else 'public'}, no-cache",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    if is_fresh(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=f"{TYPE}; charset=utf-8")


def tag(request: Request, what: str) -> str:
    """An id (RFC 4151): the same for a hub under one name, whatever its scheme and port."""
    return f"tag:{urlsplit(base_url(request)).hostname or 'localhost'},2026:{what}"


def utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def utc_ms(ms: int) -> str:
    return utc(datetime.fromtimestamp(ms / 1000, UTC))


def _text(parent: Element, name: str, text: str) -> None:
    """Without control characters, of which XML knows none, and what turns the direction of text."""
    SubElement(parent, name).text = "".join(c if c.isprintable() else " " for c in text)
