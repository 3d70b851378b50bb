"""Cards as HTML: what GitHub's Markdown has, and nothing that runs, looks or leads elsewhere."""

import re

import pytest

from hearthub.web.markdown import render_card

ROOT, PAGES = "/a/b/resolve/main/", "/a/b/blob/main/"
ATTACKS = [
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table>",
    "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "$\\text{</mtext><img src=x onerror=alert(1)>}$",
    "$$\\href{javascript:alert(1)}{x}$$",
    "$\\unicode{<script>alert(1)</script>}$",
    "```math\n</math><script>alert(1)</script>\n```",
    "```<script>alert(1)</script>\ncode\n```",
    '```"onmouseover="alert(1)\ncode\n```',
    "[^<img src=x onerror=alert(1)>]\n\n[^<img src=x onerror=alert(1)>]: x",
    '# <img src=x onerror=alert(1)>\n# " onclick=alert(1) x="',
    '![x"onerror=alert(1)](a.png "\' onload=alert(1)")',
    "<a href='java&#x0A;script:alert(1)'>x</a><a href='&#106;avascript:alert(1)'>y</a>",
    "<p id='x' class='account' style='position:fixed' tabindex='5' data-copy='x'>t</p>",
    "- [x] <input type=text autofocus onfocus=alert(1)>",
    "> [!NOTE] <script>alert(1)</script>",
    "\\\\(<script>alert(1)</script>\\\\)",
    "<span class=\"m0-0\"></span><span class='m-0'></span>",
    "<template><script>alert(1)</script></template><noscript><p title='</noscript><img src=x>'>",
    'http://x.example/"onmouseover=alert(1)',
]
_TAG = re.compile(r"<([a-z][a-z0-9]*)((?:\s+[a-z-]+(?:=\"[^\"]*\")?)*)\s*/?>", re.IGNORECASE)
_BAD_TAGS = {"script", "style", "img-", "svg", "form", "input", "iframe", "object", "mglyph"}


def card(text: str) -> str:
    return render_card(text, ROOT, PAGES)


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_runs(attack: str) -> None:
    html = card(attack)
    for tag, attributes in _TAG.findall(html):
        assert tag.lower() not in _BAD_TAGS, html
        names = re.findall(r"([a-z-]+)=\"", attributes)
        assert not any(name.startswith("on") for name in names), html
        assert not {"style", "data-copy", "formaction", "srcdoc"} & set(names), html
    for value in re.findall(r'(?:href|src)="([^"]*)"', html):
        assert re.match(r"(https?://|/a/b/|#card-)", value), html
    # What is left of an attack is text, in which no tag begins.
    assert "<" not in _without_tags(html)


def _without_tags(html: str) -> str:
    return re.sub(r"</?[a-z][a-z0-9]*(?:\s+[a-z-]+=\"[^\"]*\")*\s*/?>", "", html)


def test_formulas() -> None:
    html = card("$x^2$ and \\\\(y\\\\) cost $5 or $6.\n\n$$\na\n$$\n\n```math\n\\frac{1}{2}\n```\n")
    assert html.count("<math") == 4
    assert html.count('display="block"') == 2
    assert "<msup><mi>x</mi><mn>2</mn></msup>" in html
    assert "cost $5 or $6" in html


def test_what_is_no_formula_is_shown_as_it_is() -> None:
    assert "<code>" + "x" * 2001 + "</code>" in card(f"$${'x' * 2001}$$")
    assert "\\frac{" in card("$\\frac{$")


def test_formulas_have_a_limit_in_all() -> None:
    html = card("$a+b+c+d+e+f+g+h$ \n\n" * 4000)
    assert 0 < html.count("<math") < 2500


def test_code_is_coloured_by_classes() -> None:
    html = card('```python\ndef f(): return "<b>"\n```\n\n```nolang\n<b>\n```\n\n    <i>\n')
    assert '<span class="k">def</span>' in html
    assert "&lt;b&gt;" in html
    assert html.count('<pre tabindex="0"><code class="code">') == 3


def test_tasks_notes_and_footnotes() -> None:
    html = card("- [ ] a\n- [x] b\n\n> [!WARNING]\n> hot\n\nfoot[^1]\n\n[^1]: note\n")
    assert "<li>☐ a</li>" in html
    assert "<li>☑ b</li>" in html
    assert "<strong>Warning:</strong>" in html
    assert 'href="#card-fn1"' in html
    assert 'id="card-fn1"' in html


def test_headings_can_be_linked_to() -> None:
    html = card("[go](#how-to-use-it)\n\n## How to use it?\n\n## How to use it?\n")
    assert 'href="#card-how-to-use-it"' in html
    assert 'id="card-how-to-use-it"' in html
    assert 'id="card-how-to-use-it-1"' in html


def test_equal_headings_are_told_apart() -> None:
    html = card("# A\n\n## a-1\n\n# a\n\n### a\n")
    ids = re.findall(r' id="([^"]*)"', html)
    assert ids == ["card-a", "card-a-1", "card-a-1-1", "card-a-2"]


def test_ids_are_never_the_pages_own() -> None:
    assert 'id="main"' not in card('<h2 id="main">x</h2><a id="main">y</a>')
    assert 'class="account"' not in card('<span class="account k">x</span>')


def test_relative_addresses() -> None:
    html = card("[a](./docs/a.md) ![b](img/b.png) [c](/pulse) ![d](https://x.example/d.png)")
    assert f'href="{PAGES}docs/a.md"' in html
    assert f'src="{ROOT}img/b.png"' in html
    assert 'href="/pulse"' in html
    assert "x.example" not in html
    assert 'alt="d"' in html


def test_bare_addresses_are_links() -> None:
    html = card("see https://x.example/y, and x.example or a@x.example")
    assert html.count("<a ") == 1
    assert 'href="https://x.example/y"' in html


def test_a_picture_that_says_nothing_is_not_read_out() -> None:
    html = render_card(
        '<img src="a>b.png" title="<img>"> ![said](b.png) <img alt="x" src="c.png">', ROOT
    )
    assert re.findall(r'alt="[^"]*"', html) == ['alt=""', 'alt="said"', 'alt="x"']
