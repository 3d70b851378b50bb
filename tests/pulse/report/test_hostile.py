"""What strangers call their repos becomes markup nowhere."""

import csv
import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from hearthub.pulse import Charts, write_report
from hearthub.pulse.metric import MetricRow
from hearthub.pulse.report.document import (
    Chart,
    Column,
    Number,
    Point,
    Query,
    Report,
    Section,
    Sentence,
    Source,
    Table,
    Term,
    Text,
)
from hearthub.pulse.report.markdown import safe

NAMES = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7*7 }}{% raw %}",
    "{score:count}{0.__class__}",
    '=HYPERLINK("http://evil.example")',
    "+1+cmd|' /C calc'!A0",
    "[click](javascript:alert(1)) ![x](http://evil.example/x.png)",
    "a | b\n\n# heading\n```",
    "\x1b[31mred\x07 \u202egnp.exe\x00",
    "</title></svg><svg onload=alert(1)>",
    "www.evil.example mail@evil.example &lt;b&gt;",
    "1. one",
    "x" * 5000,
    "\ud800 half".encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
)


def number(name: str, value: float = 5.0) -> Number:
    row = MetricRow(
        "risers", 1, "model@radar/all", "radar", date(2026, 1, 1), date(2026, 1, 7),
        value, None, value, None, None, 1, 1.0, ("abc",), f"{name} / score",
    )  # fmt: skip
    return Number(row, Query("risers", None, "model@radar/all", "2026-01-01..2026-01-07"))


def report(name: str) -> Report:
    one = number(name)
    it = Text(name)
    slots = {"score": one, "name": it, "bases": it, "author": it}
    blocks = (
        Sentence("rising.quantised", slots),
        Table("risers", (Column("repo"), Column("score", "decimal"), Column("licence")),
              ((it, one, Term("licence", name)),)),
        Chart("rising", "bars", "decimal", (Point(it, one, it),)),
        Chart("themes", "line", "count", (Point(it, one, it), Point(Text("b"), one, it))),
        Chart("country_by_month", "stacked", "share", (Point(it, number(name, 0.5), it),)),
    )  # fmt: skip
    source = Source("radar", name, name, False, True, ("abc",))
    return Report("weekly", date(2026, 1, 7), "model@radar/all", "2026-01-01..2026-01-07",
                  (Section("rising", blocks),), (source,))  # fmt: skip


def attributes(text: str) -> set[str]:
    """The names of those of all elements, as a browser reads them."""
    found = set[str]()

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.update(name for name, _ in attrs)

    Reader().feed(text)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_names_stay_text(name: str, tmp_path: Path, charts: Charts) -> None:
    write_report(report(name), tmp_path, ("en", "ja"), charts)
    for path in tmp_path.glob("*.html"):
        text = path.read_text()
        assert set(re.findall(r"<(script|iframe|object|svg)", text)) == set()
        assert text.count("<img") == text.count('<img src="data:image/svg+xml;base64,') == 3
        assert not [name for name in attributes(text) if name.startswith("on")]
    for path in tmp_path.glob("*.svg"):
        root = ElementTree.fromstring(path.read_bytes())
        assert {each.tag.rpartition("}")[2] for each in root.iter()} <= {
            "svg", "title", "desc", "text", "line", "rect", "path", "g"
        }  # fmt: skip
        assert not [key for each in root.iter() for key in each.attrib if key.startswith("on")]
    for path in tmp_path.glob("*.csv"):
        (row, *_) = csv.DictReader(path.open())
        assert row["dimension"][:1] not in tuple("=+-@")
        assert row["dimension"].isprintable()


@pytest.mark.parametrize("name", NAMES)
def test_markdown_has_no_markup_of_theirs(name: str, tmp_path: Path, charts: Charts) -> None:
    from markdown_it import MarkdownIt

    write_report(report(name), tmp_path, ("en",), charts)
    text = (tmp_path / "report.md").read_text()
    html = MarkdownIt("gfm-like", {"html": False, "linkify": False}).render(text)
    ours = MarkdownIt("gfm-like", {"html": False, "linkify": False}).render(
        _plain_report(tmp_path / "plain", charts)
    )
    for tag in (
        "<a ",
        "<img",
        "<h1",
        "<h2",
        "<tr",
        "<td",
        "<li",
        "<pre",
        "<em>",
        "<strong>",
        "<hr",
    ):
        assert html.count(tag) == ours.count(tag), tag


def _plain_report(folder: Path, charts: Charts) -> str:
    write_report(report("plain"), folder, ("en",), charts)
    return (folder / "report.md").read_text()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a_b*c", r"a\_b\*c"),
        ("- item", r"\- item"),
        ("1. one", r"1\. one"),
        ("Qwen/Qwen3.8-27B", "Qwen/Qwen3.8-27B"),
        ("<b>", "&lt;b&gt;"),
        ("a\nb", "a b"),
        ("www.x.y", r"www\.x.y"),
    ],
)
def test_how_markdown_is_escaped(text: str, told: str) -> None:
    assert safe(text) == told
