"""Strangers' texts as HTML: code, rows and differences; nothing of theirs is markup."""

import html
import re
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearthub.errors import Unavailable
from hearthub.web.code import MAX_LINE, is_text, render_code
from hearthub.web.diffs import MAX_LINES, diff
from hearthub.web.file_content import card_of
from hearthub.web.kept import Kept
from hearthub.web.rows import MAX_CELL, MAX_COLUMNS, MAX_ROWS, read_table

ELEMENTS = re.compile(
    r'</?(?:span|ins|del|i)>|<span class="[\w -]+"(?: id="L\d+")?>'
    r'|<a href="#L\d+" tabindex="-1">|</a>'
)
TEXTS = st.text(st.sampled_from("<>&\"'\\\n\r\t \u202e\u2066\u2028\0\x1b\x85aé日#{}[]f=:;/*`"))
NAMES = st.sampled_from(["a.py", "a.json", "a.md", "a.yaml", "a.html", "a.cpp", "x", "Makefile"])


def shown(found: str) -> str:
    """The text of it, without the numbers of lines."""
    return html.unescape(ELEMENTS.sub("", re.sub(r"<(i|a [^>]*)>\d*</(i|a)>", "", found)))


@settings(max_examples=150, deadline=None)
@given(NAMES, TEXTS)
def test_code_is_the_text_and_nothing_else(name: str, text: str) -> None:
    found = render_code(name, text.encode(errors="replace"), 100)
    assert not re.search("[<>]", ELEMENTS.sub("", found.html))
    assert not re.search("[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u202a-\u202e\u2066-\u2069]", found.html)
    plain = render_code(name, text.encode(errors="replace"), 100, coloured=False)
    assert shown(found.html) == shown(plain.html)
    assert found.html.count(' id="L') == found.lines == plain.lines


@settings(max_examples=150, deadline=None)
@given(TEXTS, TEXTS)
def test_a_diff_is_text_and_leads_from_one_to_the_other(before: str, after: str) -> None:
    found = diff(before.replace("\0", "").encode(), after.replace("\0", "").encode())
    assert found
    assert not re.search("[<>]", ELEMENTS.sub("", found.html))
    assert (found.html == "") == (before.replace("\0", "") == after.replace("\0", ""))
    assert len(re.findall("<ins>", found.html)) == found.added
    assert len(re.findall("<del>", found.html)) == found.removed


class TestCode:
    def test_limits(self) -> None:
        found = render_code("a.py", b"x" * 10**6, 100)
        assert (found.lines, found.is_cut) == (1, True)
        assert len(found.html) < MAX_LINE + 200
        assert (render_code("a", b"1\n2\n3\n", 2).lines, render_code("a", b"1\n2\n", 2).is_cut) == (
            2, False,
        )  # fmt: skip

    def test_colours_go_over_lines(self) -> None:
        first, second, _ = render_code("a.py", b"'''a\nb'''\n", 9).html.split("\n")
        assert first.count("<span") == first.count("</span>") + 1  # the line's own
        assert '<span class="sd">b' in second

    @pytest.mark.parametrize(
        ("data", "verdict"),
        [(b"", True), (b"text", True), (b"\0", False), (bytes(range(1, 256)) * 9, False),
         ("é".encode("latin-1"), True), ("日本".encode() * 4000, True)],
    )  # fmt: skip
    def test_what_is_text(self, data: bytes, verdict: bool) -> None:
        assert is_text(data) is verdict

    def test_names_tell_the_language(self) -> None:
        names = {"a.ipynb": "JSON", "a.jsonl": "JSON", "Dockerfile": "Docker", "a.rs": "Rust",
                 "x": "Text", "." * 200: "Text", "a.": "Text"}  # fmt: skip
        assert {name: render_code(name, b"x\n", 9).language for name in names} == names


class TestRows:
    def test_limits(self) -> None:
        line = ",".join(["x" * 400] * 80).encode() + b"\n"
        table = read_table("a.csv", line * 150, True)
        assert table
        assert (len(table.columns), len(table.rows)) == (MAX_COLUMNS, MAX_ROWS)
        assert len(table.columns[0]) == MAX_CELL + 1
        assert (table.more_columns, table.is_cut) == (20, True)

    def test_the_last_line_may_be_half(self) -> None:
        table = read_table("a.csv", b"a,b\n1,2\n3,", is_whole=False)
        assert table
        assert table.rows == (("1", "2"),)

    @pytest.mark.parametrize(("text", "columns"), [
        (b"a;b\n1;2\n", 2), (b"a\tb\n1\t2\n", 2), (b"a|b|c\n", None), (b"", None),
        (b'"' * 10**6, None), (b"a,b\n" + b'"' + b"x" * 200_000, None),
    ])  # fmt: skip
    def test_cells(self, text: bytes, columns: int | None) -> None:
        table = read_table("a.csv", text, True)
        assert (table and len(table.columns)) == columns

    @pytest.mark.parametrize("text", [
        b"[" * 100_000 + b"\n1\n", b"{}\n{}\n", b"no\n", b"1" * 10_000 + b"\n1\n",
        b'{"a": NaN}\n' + b"\xff\n",
    ])  # fmt: skip
    def test_what_are_no_objects(self, text: bytes) -> None:
        assert read_table("a.jsonl", text, True) is None

    def test_objects(self) -> None:
        table = read_table("a.jsonl", b'{"a": 1}\n\n[1]\n{"b": "x", "a": null}\n', True)
        assert table
        assert table.columns == ("a", "", "b")
        assert table.rows == (("1", "", ""), ("", "[1]", ""), ("null", "", "x"))


class TestDiffs:
    def test_context_is_cut_at_both_ends(self) -> None:
        before = [f"{n}\n" for n in range(1000)]
        after = [*before[:500], "new\n", *before[501:]]
        found = diff("".join(before).encode(), "".join(after).encode())
        assert found
        assert "@@ -498,7 +498,7 @@" in found.html
        assert found.html.count("\n") == 9
        assert (found.added, found.removed, found.is_cut) == (1, 1, False)

    def test_long_ones_are_cut(self) -> None:
        found = diff(b"", b"x\n" * 9000)
        assert found
        assert (found.added, found.is_cut) == (9000, True)
        assert found.html.count("<ins>") == MAX_LINES - 1

    def test_what_is_no_text(self) -> None:
        assert diff(b"a", b"\0") is None
        assert diff(b"\0", b"") is None


def test_a_slow_card_is_tried_once_wherever_it_is_looked_at_from() -> None:
    """Each spelling of a revision is another root of its links: one card, asked for at all of
    them, would hold the makers of everybody's."""
    tries = list[int]()

    def run(*_: object, **__: object) -> str:
        tries.append(1)
        raise Unavailable("too long")

    registry = SimpleNamespace(read_range=lambda *_: b"# x")
    hub = SimpleNamespace(registry=registry, sandbox=SimpleNamespace(run=run))
    entry: Any = SimpleNamespace(path="README.md", oid=uuid4().hex)
    for rev in ("main", "refs%2Fheads%2Fmain", "0123456", "01234567"):

        def file(path: str, rev: str = rev) -> str:
            return f"/a/b/resolve/{rev}/{path}"

        at: Any = SimpleNamespace(hub=hub, repo=SimpleNamespace(id=1), file=file, blob=file)
        assert card_of(at, entry) is None
    assert len(tries) == 1


def test_failures_are_kept_for_a_while() -> None:
    kept, tries = Kept[str](10_000, len), list[int]()

    def fail() -> str:
        tries.append(1)
        raise Unavailable("too long")

    assert kept.get("a", fail) is None
    assert kept.get("a", fail) is None
    assert len(tries) == 1
    assert kept.get("b", lambda: "x") == kept.get("b", fail) == "x"
    assert kept.get("c", lambda: "x" * 20_000) == "x" * 20_000  # larger than all that is kept


def test_when_all_are_at_work_one_goes_without() -> None:
    kept, go_on = Kept[str](10_000, len), Event()

    def slow() -> str:
        go_on.wait(30)
        return "x"

    with ThreadPoolExecutor(4) as pool:
        makers = [pool.submit(kept.get, number, slow) for number in range(4)]
        started = time.monotonic()
        assert kept.get("other", lambda: "y") is None
        assert time.monotonic() - started < 10
        go_on.set()
        assert [maker.result() for maker in makers] == ["x"] * 4
    assert kept.get("other", lambda: "y") == "y"
