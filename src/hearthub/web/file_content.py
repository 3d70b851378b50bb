"""What is in a file, made fit for a page in a process that can be stopped."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from hearthub.errors import BadRequest, Damaged, TooLarge, Unavailable
from hearthub.fit import HeaderPage, has_header, header_page
from hearthub.http.types import media_type
from hearthub.registry import Entry, read_card
from hearthub.web.code import Code, is_text, render_code
from hearthub.web.kept import Kept
from hearthub.web.markdown import MAX_CARD, render_card
from hearthub.web.repo_view import RepoView
from hearthub.web.rows import ENDINGS, Table, ending, read_table

TIMEOUT_S = 5.0  # a worker may have to start first
MAX_TEXT = 2**20  # bytes that are read of a text
MAX_ROWS_BYTES = 2**18
MAX_PICTURE = 50_000_000
FIRST_LINES, ALL_LINES = 2500, 25_000
TENSORS = 100
PICTURES = frozenset("png jpg jpeg gif webp svg avif bmp ico".split())

_codes: Kept[Code] = Kept(2**25, lambda it: len(it.html))
_cards: Kept[str] = Kept(2**24, len)
_tables: Kept[Table] = Kept(
    2**22, lambda it: sum(len(cell) + 60 for row in it.rows for cell in row)
)
_headers: Kept[HeaderPage | str] = Kept(
    2**23,
    lambda it: len(it) if isinstance(it, str)
    else 300 * len(it.tensors) + sum(len(key) + len(text) + 120 for key, text in it.metadata),
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """How a visitor wants a file shown: as its source, all of it, which tensors."""

    as_code: bool = False
    whole: bool = False
    search: str = ""
    start: int = 0


@dataclass(frozen=True)
class Content:
    """`view` names the part of the template; `choices`: it can be shown as source, too."""

    view: str
    value: Any = None
    has_source: bool = False


def content_of(at: RepoView, entry: Entry, asked: Asked) -> Content:
    """What the page of a file shows of its content."""
    if not at.readable:
        return Content("restricted")
    if view := _media(entry):
        return Content(view)
    try:
        if entry.is_submodule:  # before what is kept of a file with this id
            at.hub.registry.content(at.repo, entry)
        if has_header(entry.path) and entry.size:
            return Content("weights", _header(at, entry, asked))
        return _text(at, entry, asked)
    except Damaged as error:
        return Content("failed", str(error))


def _media(entry: Entry) -> str | None:
    """What a browser shows by itself, or nobody does."""
    kind = media_type(entry.path).partition("/")[0]
    if kind in ("audio", "video"):
        return kind
    if ending(entry.path) in PICTURES and entry.size <= MAX_PICTURE:
        return "picture"
    return "pdf" if ending(entry.path) == "pdf" else None


def card_of(at: RepoView, entry: Entry) -> str | None:
    """Markdown as safe HTML, its links and pictures taken from where it lies."""
    folder = entry.path.rpartition("/")[0]
    within = f"{folder}/x" if folder else "x"
    root, pages = at.file(within).removesuffix("x"), at.blob(within).removesuffix("x")

    def make() -> str | None:
        data = at.hub.registry.read_range(at.repo, entry, 0, MAX_TEXT)
        if not is_text(data):
            return None
        _, body = read_card(data.decode(errors="replace"))
        html = at.hub.sandbox.run(render_card, body[:MAX_CARD], root, pages, timeout=TIMEOUT_S)
        source = f'<a href="{at.file(entry.path)}">Read its source</a>.'
        return html + (f"<p>The card is longer. {source}</p>" if len(body) > MAX_CARD else "")

    text = at.repo.id, entry.oid
    return _cards.get((*text, root), make, fails_as=text)


def _text(at: RepoView, entry: Entry, asked: Asked) -> Content:
    kind = ending(entry.path)
    if kind in ("md", "markdown") and not asked.as_code and (card := card_of(at, entry)):
        return Content("card", card, has_source=True)
    read = partial(at.hub.registry.read_range, at.repo, entry, 0)
    if not is_text(read(1024)):
        return Content("binary")
    if kind in ENDINGS and not asked.as_code and (table := _table(at, entry)):
        return Content("table", table, has_source=True)
    lines = ALL_LINES if asked.whole else FIRST_LINES

    def make() -> Code:
        data = read(MAX_TEXT)
        return at.hub.sandbox.run(render_code, entry.path, data, lines, timeout=TIMEOUT_S)

    key = (at.repo.id, entry.oid, entry.path.rpartition("/")[2], lines)
    code = _codes.get(key, make) or render_code(entry.path, read(MAX_TEXT), lines, coloured=False)
    return Content("code", code, kind in (*ENDINGS, "md", "markdown"))


def _table(at: RepoView, entry: Entry) -> Table | None:
    def make() -> Table | None:
        data = at.hub.registry.read_range(at.repo, entry, 0, MAX_ROWS_BYTES)
        is_whole = len(data) == entry.size
        return at.hub.sandbox.run(read_table, entry.path, data, is_whole, timeout=TIMEOUT_S)

    return _tables.get((at.repo.id, entry.oid, ending(entry.path)), make)


def _header(at: RepoView, entry: Entry, asked: Asked) -> HeaderPage | str | None:
    """What is wrong with it is a text; None where reading it took too long."""

    def make() -> HeaderPage | str:
        try:
            return header_page(
                at.hub.registry,
                at.repo,
                entry,
                at.hub.sandbox,
                search=asked.search,
                start=asked.start,
                limit=TENSORS,
            )
        except (BadRequest, TooLarge) as error:
            return str(error)
        except Unavailable:
            return "Reading its header took too long, or too much memory."

    key = (at.repo.id, entry.etag, entry.path, asked.search, asked.start)
    return _headers.get(key, make)
