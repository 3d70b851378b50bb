"""Cards as HTML: rendered by markdown-it-py, cleaned by nh3, links pointed into the repo."""

import re

import nh3
from markdown_it import MarkdownIt

from hearthub.errors import Unavailable

MAX_CARD = 100_000  # characters; longer cards are shown as far as that
MAX_HTML = 2_000_000  # a card within its limit can make hundreds of megabytes

_markdown = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_ABSOLUTE = re.compile(r"^([a-z][a-z0-9+.-]*:|//|/|#)", re.IGNORECASE)
_TAGS = nh3.ALLOWED_TAGS - {"style", "iframe", "form", "input"}


def render_card(text: str, resolve_root: str) -> str:
    """Safe HTML; relative links and images are taken from `resolve_root`, a path ending in `/`.

    Run it in the sandbox, with a timeout: some texts of this length take minutes, and memory.
    Raises Unavailable when the HTML is longer than `MAX_HTML`.

    Images of other hosts stay in the page as links would; the page's policy keeps the browser
    from loading them.
    """

    def rewrite(tag: str, attribute: str, value: str) -> str | None:
        if (tag, attribute) in {("a", "href"), ("img", "src")} and not _ABSOLUTE.match(value):
            return f"{resolve_root}{value.removeprefix('./')}"
        return value

    html = _markdown.render(text[:MAX_CARD])
    clean = nh3.clean(html, tags=_TAGS, attribute_filter=rewrite, link_rel="nofollow noopener")
    if len(clean) > MAX_HTML:
        raise Unavailable("The card is too large to be shown")
    return clean
