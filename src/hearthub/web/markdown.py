"""Cards as HTML: rendered by markdown-it-py, cleaned by nh3, links pointed into the repo."""

import html
import re
from collections import Counter

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.anchors import anchors_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin

from hearthub.errors import Unavailable
from hearthub.web.markdown_rules import bracket_maths, notes, tasks
from hearthub.web.maths import Formulas

MAX_CARD = 100_000  # characters; longer cards are shown as far as that
MAX_HTML = 2_000_000  # a card within its limit can make hundreds of megabytes
MAX_COLOURED = 60_000  # characters of code, of all blocks
PREFIX = "card-"
"""Of ids in a card, so that none is one of the page's own."""

_ABSOLUTE = re.compile(r"^([a-z][a-z0-9+.-]*:|//|/)", re.IGNORECASE)
_ELSEWHERE = re.compile(r"^([a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)
_IMAGE = re.compile(r'<img((?: [\w-]+="[^"]*")*)>')
"""As nh3 writes it: every value in double quotes."""
_SLUG = re.compile(r"[^\w\- ]")
_TAGS = nh3.ALLOWED_TAGS - {"style", "iframe", "form", "input"} | {"section"}
_ATTRIBUTES = {
    **{tag: set(names) for tag, names in nh3.ALLOWED_ATTRIBUTES.items()},
    **{tag: {"id"} for tag in ("h1", "h2", "h3", "h4", "h5", "h6", "li")},
}
_ATTRIBUTES["a"].add("id")
_CODE_CLASSES = frozenset(
    """
    bp c c1 ch cm cp cpf cs dl fm gd ge gh gi go gp gs gt gu il k kc kd kn kp kr kt m mb mf mh mi mo
    n na nb nc nd ne nf ni nl nn no nt nv nx o ow p py s s1 s2 sa sb sc sd se sh si sr ss sx vc vg
    vi vm w
    """.split()
)


def render_card(
    text: str, resolve_root: str, blob_root: str | None = None, prefix: str = PREFIX
) -> str:
    """Safe HTML; relative images are taken from `resolve_root`, relative links from `blob_root`
    (default: the same), paths ending in `/`. `prefix` is that of its ids: of several texts on a
    page each has its own.

    Run it in the sandbox, with a timeout: some texts of this length take minutes, and memory.
    Raises Unavailable when the HTML is longer than `MAX_HTML`.

    Of images of other hosts the page shows what they say instead: no page asks another host.
    """
    formulas = Formulas()
    made = _markdown(formulas).render(text[:MAX_CARD])
    if len(made) > 2 * MAX_HTML:
        raise Unavailable("The card is too large to be shown")
    clean = _clean(made, resolve_root, blob_root or resolve_root, formulas, prefix)
    if len(clean) > MAX_HTML:
        raise Unavailable("The card is too large to be shown")
    return formulas.put_in(clean)


def _markdown(formulas: Formulas) -> MarkdownIt:
    code = _Code(formulas)
    md = MarkdownIt("commonmark", {"html": True, "linkify": True})
    md.enable(["table", "strikethrough", "linkify"])
    md.linkify.set({"fuzzy_link": False, "fuzzy_email": False})  # type: ignore[union-attr]
    md.use(footnote_plugin).use(anchors_plugin, max_level=6, slug_func=_Slugs())

    def formula(content: str, options: dict[str, object]) -> str:
        return formulas.mark(content, is_block=bool(options.get("display_mode")))

    def block(_renderer: object, tokens: list[Token], at: int, *_: object) -> str:
        return code.block(tokens[at])

    for kind in ("fence", "code_block"):
        md.add_render_rule(kind, block)
    md.use(dollarmath_plugin, allow_space=False, allow_digits=False, renderer=formula)
    return md.use(tasks).use(notes).use(bracket_maths, formulas.mark)


def _clean(made: str, resolve_root: str, blob_root: str, formulas: Formulas, prefix: str) -> str:
    def rewrite(tag: str, attribute: str, value: str) -> str | None:
        if (tag, attribute) == ("a", "href"):
            if value.startswith("#"):
                return f"#{prefix}{value[1:]}"
            return value if _ABSOLUTE.match(value) else blob_root + value.removeprefix("./")
        if (tag, attribute) == ("img", "src"):
            if _ELSEWHERE.match(value):
                return None
            return value if _ABSOLUTE.match(value) else resolve_root + value.removeprefix("./")
        return value

    clean = nh3.clean(
        made,
        tags=set(_TAGS),
        attributes=_ATTRIBUTES,
        attribute_filter=rewrite,
        link_rel="nofollow noopener",
        id_prefix=prefix,
        allowed_classes={
            "span": {*_CODE_CLASSES, *formulas.names},
            "code": {"code"},
            "section": {"footnotes"},
        },
        # What may be wider than the page is reached by the keyboard, too.
        set_tag_attribute_values={
            "img": {"loading": "lazy"},
            "pre": {"tabindex": "0"},
            "table": {"tabindex": "0"},
        },
    )
    return _IMAGE.sub(_described, clean)


def _described(image: re.Match[str]) -> str:
    """A picture about which its author says nothing says so, or its address would be read out."""
    said = image[1]
    return image[0] if ' alt="' in said else f'<img{said} alt="">'


class _Code:
    """Code of a card in colours, as far as `MAX_COLOURED` goes; a block called `math` is one."""

    def __init__(self, formulas: Formulas) -> None:
        self.formulas, self.room = formulas, MAX_COLOURED

    def block(self, token: Token) -> str:
        code = token.content
        language = (token.info.split(maxsplit=1) or [""])[0][:40].lower()
        if language == "math":
            return f"<p>{self.formulas.mark(code, is_block=True)}</p>\n"
        rows = self._rows(code, language) or html.escape(code)
        return f'<pre><code class="code">{rows}</code></pre>\n'

    def _rows(self, code: str, language: str) -> str | None:
        if not language or len(code) > self.room:
            return None
        from pygments import highlight
        from pygments.formatters import HtmlFormatter
        from pygments.lexers import get_lexer_by_name
        from pygments.util import ClassNotFound

        self.room -= len(code)
        try:
            lexer = get_lexer_by_name(language, stripnl=False)
        except ClassNotFound:
            return None
        return str(highlight(code, lexer, HtmlFormatter(nowrap=True)))


class _Slugs:
    """Ids of headings as GitHub makes them, so that tables of contents lead somewhere."""

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def __call__(self, heading: str) -> str:
        slug = _SLUG.sub("", heading.strip().lower()).replace(" ", "-")
        self._seen[slug] += 1
        # Counted: to try one number after the other takes the square of equal headings.
        before = self._seen[slug] - 1
        return f"{slug}-{before}" if before else slug
