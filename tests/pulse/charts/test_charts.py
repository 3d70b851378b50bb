"""Charts: whole documents that say in words what they show, drawn once, in two themes."""

import json
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from hearthub.errors import Unavailable
from hearthub.pulse.charts import THEMES, Charts, Drawing, Mark
from hearthub.pulse.charts import charts as charts_module
from hearthub.pulse.charts.draw import svg
from hearthub.pulse.charts.drawing import HEAD, KINDS
from hearthub.sandbox import Sandbox

SVG = "{http://www.w3.org/2000/svg}"
FOOT = "Universe: model@x/all · Window: 2026-01-01..2026-01-07"


def drawing(kind: str, *marks: Mark) -> Drawing:
    return Drawing.of(
        kind,
        marks,
        lambda value: f"{value:g}",
        title="A title",
        x_unit="downloads",
        y_unit="share",
        foot=FOOT,
        empty="no data",
        unknown="unknown",
    )


def marks_of(kind: str) -> tuple[Mark, ...]:
    labels = ("50.00%", "99.00%") if kind == "lorenz" else ("one", "two")
    names = ("a", "b") if kind in ("line", "stacked") else ("",)
    return tuple(
        Mark(label, value, f"{value:.2f}", name)
        for name in names
        for label, value in zip(labels, (0.25, 0.5), strict=True)
    )


def drawn(it: Drawing, theme: str = "light") -> ElementTree.Element:
    return ElementTree.fromstring(svg(it, theme))


def texts(root: ElementTree.Element) -> list[str]:
    return ["".join(each.itertext()) for each in root.iter(f"{SVG}text")]


def bars(root: ElementTree.Element, colour: str) -> list[ElementTree.Element]:
    return [each for each in root.iter(f"{SVG}path") if each.get("fill") == colour]


def size(bar: ElementTree.Element) -> tuple[float, float]:
    """Vega writes a bar as `Mx,yhWvHh-WZ`."""
    path = str(bar.get("d"))
    wide, _, high = path.partition("h")[2].partition("v")
    return float(wide), float(high.partition("h")[0])


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_chart_says_in_words_what_it_shows(kind: str, theme: str) -> None:
    root = drawn(drawing(kind, *marks_of(kind)), theme)
    assert root.find(f"{SVG}title").text == "A title"  # type: ignore[union-attr]
    told = root.find(f"{SVG}desc").text or ""  # type: ignore[union-attr]
    for mark in marks_of(kind):
        assert f"{mark.label}: {mark.written}" in told
    assert FOOT in told
    assert {"A title", FOOT} <= set(texts(root))
    assert ("downloads" if kind == "bars" else "share") in texts(root)
    assert root.get("role") == "img"
    ground = next(root.iter(f"{SVG}rect"))
    assert ground.get("fill") == THEMES[theme].ground


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_numbers_give_the_same_bytes(kind: str) -> None:
    first, again = (drawing(kind, *marks_of(kind)) for _ in range(2))
    other = drawing(kind, *marks_of(kind)[:1])
    assert svg(first, "light") == svg(again, "light") != svg(first, "dark")
    assert first.key == again.key != other.key


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_as_large_as_was_said_before(kind: str) -> None:
    for marks in (marks_of(kind), ()):
        it = drawing(kind, *marks)
        assert drawn(it).get("viewBox") == f"0 0 {it.width} {it.height}"


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_what_vega_lite_has_a_schema_for(kind: str) -> None:
    import altair as alt

    from hearthub.pulse.charts.specs import spec

    alt.LayerChart.from_dict(spec(drawing(kind, *marks_of(kind)), THEMES["light"])).to_dict()


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_job_is_told_is_the_same_drawing(kind: str) -> None:
    it = drawing(kind, *marks_of(kind))
    assert Drawing.from_json(it.to_json()) == it


def test_bars_are_as_long_as_their_values() -> None:
    marks = [Mark("one", 10.0, "10"), Mark("two", 5.0, "5"), Mark("none", 0.0, "0")]
    root = drawn(drawing("bars", *marks))
    first, second, third = (size(bar)[0] for bar in bars(root, THEMES["light"].colours[0]))
    assert first == pytest.approx(2 * second)
    assert third == 0
    assert {"one", "two", "10", "5"} <= set(texts(root))


def test_two_of_one_name_have_a_bar_each() -> None:
    root = drawn(drawing("bars", Mark("one", 10.0, "10"), Mark("one", 5.0, "5")))
    assert len(bars(root, THEMES["light"].colours[0])) == 2


@pytest.mark.parametrize("theme", THEMES)
def test_what_is_unknown_is_grey(theme: str) -> None:
    root = drawn(drawing("bars", Mark("one", 1, "1"), Mark("unknown", 1, "1")), theme)
    assert len(bars(root, THEMES[theme].colours[0])) == len(bars(root, THEMES[theme].muted)) == 1
    some = [Mark("m", 0.5, "", "a"), Mark("m", 0.5, "", "unknown")]
    assert bars(drawn(drawing("stacked", *some), theme), THEMES[theme].muted)


def test_shares_stack_to_one() -> None:
    it = drawing("stacked", Mark("m", 0.25, "", "a"), Mark("m", 0.75, "", "b"))
    root = drawn(it)
    found = [size(bar)[1] for colour in THEMES["light"].colours[:2] for bar in bars(root, colour)]
    assert sum(high for high in found if high > 20) == pytest.approx(it.plot_height, abs=0.2)


def test_lines_differ_by_their_dashes_too() -> None:
    root = drawn(drawing("line", *marks_of("line")))
    dashes = {each.get("stroke"): each.get("stroke-dasharray") for each in root.iter(f"{SVG}path")
              if each.get("stroke") in THEMES["light"].colours}  # fmt: skip
    assert len(set(dashes.values())) == 2


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_to_show(kind: str) -> None:
    assert {"no data", "A title"} <= set(texts(drawn(drawing(kind))))


@pytest.mark.parametrize("kind", ["bars", "line", "stacked"])
@pytest.mark.parametrize(
    "value", [0.0, 1e-12, 1e18, 1e20, 1e300, 5e-324, -1.0, float("inf"), float("nan")]
)
def test_extreme_values(kind: str, value: float) -> None:
    it = drawing(kind, Mark("one", value, "x", "a"))
    assert it.key
    drawn(it)


NAMES = (
    "</title></svg><svg onload=alert(1)>", "{{7*7}}", "datum.value", '"]);alert(1)//',
    "https://evil.example/x.png", "data:text/html,x", "\x1b[31m\x00\u202egnp", "x" * 5000,
    "__proto__", "constructor", "true", "1e400", "日本語",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_what_strangers_wrote_stays_text(kind: str) -> None:
    marks = [
        Mark("50.00%" if kind == "lorenz" else name, 1 / len(NAMES), name, name) for name in NAMES
    ]
    root = drawn(drawing(kind, *marks))
    assert {each.tag.removeprefix(SVG) for each in root.iter()} <= {
        "svg", "title", "desc", "g", "rect", "path", "line", "text",
    }  # fmt: skip
    for each in root.iter():
        assert not [key for key in each.attrib if key.startswith("on") or "href" in key]
        assert all(c.isprintable() for c in f"{each.text or ''}".strip())
    if kind != "lorenz":
        assert set(NAMES[:6]) <= set(texts(root))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["\N{FIRE}", "x\N{FIRE}", "\U00020bb7野家", "\u0301e"])
def test_what_is_cut_is_cut_between_letters(kind: str, name: str) -> None:
    """Vega cuts UTF-16 in two, and then its measure of text falls over half a letter."""
    label = "99.00%" if kind == "lorenz" else name * 60
    it = drawing(kind, Mark(label, 0.5, name * 60, name * 60), Mark(label, 0.25, name, name))
    it = replace(it, title=name * 200, foot=name * 200, y_unit=name * 200, x_unit=name * 200)
    root = drawn(it)
    assert all(ord(c) < 0xE000 or ord(c) > 0xF8FF for each in texts(root) for c in each)
    assert any(set(name) <= set(each) for each in texts(root))
    assert name * 200 == root.find(f"{SVG}title").text  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_without_end_takes_no_time(kind: str) -> None:
    from hearthub.pulse.charts.specs import spec

    label = "99.00%" if kind == "lorenz" else "x" * 100_000
    it = drawing(kind, *(Mark(label, 0.5, label, label) for _ in range(20)))
    told = json.dumps(spec(replace(it, title=label * 9, foot=label * 9), THEMES["light"]))
    assert len(told) < 100_000


class TestColours:
    @pytest.mark.parametrize("theme", THEMES)
    def test_each_stands_out_from_its_ground(self, theme: str) -> None:
        it = THEMES[theme]
        assert min(_contrast(each, it.ground) for each in (*it.colours, it.muted, it.axis)) >= 3
        assert min(_contrast(each, it.ground) for each in (it.text, it.soft)) >= 4.5

    @pytest.mark.parametrize("theme", THEMES)
    @pytest.mark.parametrize("sight", ["all", "protanopia", "deuteranopia", "tritanopia"])
    def test_series_are_told_apart(self, theme: str, sight: str) -> None:
        """And from what is unknown: by CIE76, as Machado (2009) tells what is seen."""
        it = THEMES[theme]
        pairs = [
            *zip(it.colours, it.colours[1:], strict=False),
            *((c, it.muted) for c in it.colours),
        ]
        seen = {pair: _distance(*(_lab(each, sight) for each in pair)) for pair in pairs}
        assert min(seen.values()) > 12, min(seen, key=lambda pair: seen[pair])


class TestKeeping:
    @pytest.fixture
    def charts(self, tmp_path: Path) -> Iterator[Charts]:
        sandbox = Sandbox(1)
        yield Charts(tmp_path / "charts", sandbox)
        sandbox.close()

    def test_each_is_drawn_once(self, charts: Charts) -> None:
        it = drawing("bars", *marks_of("bars"))
        found = charts.pictures([it, it])
        assert found[it.key].light == svg(it, "light") == charts.find(it.key, "light")
        assert found[it.key].dark == svg(it, "dark")
        (path,) = charts.folder.glob("*/*.light.svg")
        path.write_text("<svg>kept</svg>\n")
        assert charts.pictures([it])[it.key].light == "<svg>kept</svg>\n"
        path.unlink()
        assert charts.pictures([it]) == found, "what is gone is drawn again"

    def test_the_web_process_imports_none_of_it(self, charts: Charts) -> None:
        import subprocess
        import sys

        code = (
            "import sys; from hearthub.app import create_app; from hearthub.pulse import plot,"
            " write_report, rendering_of;"
            " assert not {'altair', 'vl_convert'} & set(sys.modules)"
        )
        subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ})

    def test_without_the_extra(self, charts: Charts, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(charts_module, "_is_installed", lambda: False)
        assert charts.pictures([drawing("bars")]) == {}
        with pytest.raises(Unavailable, match=r"hearthub\[reports\]"):
            charts.require()

    def test_a_process_that_dies(self, charts: Charts) -> None:
        charts.wake_up()
        (worker,) = charts._sandbox._workers
        os.kill(worker.process.pid, signal.SIGKILL)
        with pytest.raises(Unavailable):
            charts.pictures([drawing("bars")])
        assert charts.pictures([drawing("bars")]), "the next one is another"

    def test_many_may_keep_one_picture_at_once(self, charts: Charts) -> None:
        """A server, a worker and a command draw the same."""
        path = charts.folder / "ab" / "ab.light.svg"

        def keep() -> None:
            for _ in range(100):
                charts._put(path, WHOLE)
                assert path.read_text() == WHOLE

        with ThreadPoolExecutor(3) as pool:
            for done in [pool.submit(keep) for _ in range(3)]:
                done.result()
        assert [it.name for it in path.parent.iterdir()] == [path.name], "nothing is left beside it"

    def test_half_a_picture_is_drawn_again(self, charts: Charts) -> None:
        it = drawing("bars")
        whole = charts.pictures([it])
        (path,) = charts.folder.glob("*/*.light.svg")
        path.write_text("")
        assert charts.find(it.key, "light") is None
        assert charts.pictures([it]) == whole
        assert charts.find(it.key, "light") == whole[it.key].light

    def test_one_that_cannot_be_drawn_stops_no_other(self, charts: Charts) -> None:
        bad = replace(drawing("bars", Mark("one", 1.0, "1")), kind="none of ours")
        good = drawing("bars", *marks_of("bars"))
        assert list(charts.pictures([bad, good])) == [good.key]

    def test_a_folder_that_takes_nothing(self, charts: Charts) -> None:
        charts.folder.parent.joinpath("charts").write_text("no folder")
        it = drawing("bars", *marks_of("bars"))
        assert charts.pictures([it])[it.key].light == svg(it, "light")

    def test_what_a_kill_left_goes(self, charts: Charts) -> None:
        it = drawing("bars")
        charts.pictures([it])
        left = charts.folder / it.key[:2] / ".left.svg.123.new"
        left.write_text("half")
        charts.sweep()
        assert left.exists(), "somebody may be writing it"
        os.utime(left, (1, 1))
        charts.sweep()
        assert not left.exists()
        assert charts.find(it.key, "light")

    def test_waiting_ends(self, charts: Charts, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(charts_module, "WAIT_S", 0.1)
        with pytest.raises(Unavailable) as caught:
            charts.wait(drawing("bars").key, "light")
        assert caught.value.retry_s

    def test_the_oldest_go(self, charts: Charts, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(charts_module, "MOST_KEPT", 2)
        old, new = drawing("bars"), drawing("line")
        charts.pictures([old])
        for path in charts.folder.glob("*/*.svg"):
            os.utime(path, (1, 1))
        charts.pictures([new])
        assert charts.sweep() == 2
        assert charts.find(old.key, "light") is None
        assert charts.find(new.key, "dark")


WHOLE = "<svg>" + "x" * 200_000 + "</svg>\n"


def test_the_head_has_room_for_title_and_unit() -> None:
    assert HEAD > 20 + 11 + 10


def _linear(colour: str) -> list[float]:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]


def _contrast(one: str, two: str) -> float:
    light = sorted(0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in (_linear(one), _linear(two)))
    return (light[1] + 0.05) / (light[0] + 0.05)


_SIGHT = {
    "all": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216),
                   (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413),
                     (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602),
                   (0.004733, 0.691367, 0.303900)),
}  # fmt: skip


def _lab(colour: str, sight: str) -> tuple[float, float, float]:
    rgb = [min(1.0, max(0.0, sum(a * b for a, b in zip(row, _linear(colour), strict=True))))
           for row in _SIGHT[sight]]  # fmt: skip
    to_xyz = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750),
              (0.0193339, 0.1191920, 0.9503041))  # fmt: skip
    white = (0.95047, 1.0, 1.08883)
    x, y, z = (
        _cube(sum(a * b for a, b in zip(row, rgb, strict=True)) / whole)
        for row, whole in zip(to_xyz, white, strict=True)
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _cube(value: float) -> float:
    return value ** (1 / 3) if value > 0.008856 else 7.787 * value + 16 / 116


def _distance(one: tuple[float, ...], two: tuple[float, ...]) -> float:
    return float(sum((a - b) ** 2 for a, b in zip(one, two, strict=True)) ** 0.5)


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([2, 1, 0], ["0", "1", "2"]),
        ([9, 3], ["0", "2", "4", "6", "8"]),
        ([12, 1], ["0", "5", "10"]),
        ([1, 1], ["0", "0", "0", "1", "1", "1"]),
        ([250_000], ["0", "50,000", "100,000", "150,000", "200,000", "250,000"]),
    ],
)
def test_counts_have_no_ticks_between_them(values: list[float], ticks: list[str]) -> None:
    marks = [Mark(str(n), value, f"{value:,.0f}") for n, value in enumerate(values)]
    words = dict.fromkeys(("title", "x_unit", "y_unit", "foot", "empty", "unknown"), "")
    drawn = Drawing.of("bars", marks, lambda value: f"{value:,.0f}", **words)
    assert [text for _, text in drawn.ticks] == ticks
