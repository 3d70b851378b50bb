"""Charts as SVG: whole documents that say in words what they show."""

from xml.etree import ElementTree

import pytest

from hearthub.pulse.report.charts import Drawing, Mark, svg

SVG = "{http://www.w3.org/2000/svg}"
KINDS = ("bars", "line", "stacked", "lorenz")


def drawing(kind: str, *marks: Mark) -> Drawing:
    return Drawing(
        id="chart-x",
        kind=kind,
        title="A title",
        x_unit="downloads",
        y_unit="share",
        foot="Universe: model@x/all · Window: 2026-01-01..2026-01-07",
        marks=marks,
        tick=lambda value: f"{value:g}",
        empty="no data",
        unknown="unknown",
    )


def marks_of(kind: str) -> tuple[Mark, ...]:
    labels = ("50.00%", "99.00%") if kind == "lorenz" else ("one", "two")
    values = (0.25, 0.75)
    names = ("a", "b") if kind in ("line", "stacked") else ("",)
    return tuple(
        Mark(label, value, f"{value:.2f}", name)
        for name in names
        for label, value in zip(labels, values, strict=True)
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_chart_says_in_words_what_it_shows(kind: str) -> None:
    text = svg(drawing(kind, *marks_of(kind)))
    root = ElementTree.fromstring(text)
    assert root.find(f"{SVG}title").text == "A title"  # type: ignore[union-attr]
    told = root.find(f"{SVG}desc").text or ""  # type: ignore[union-attr]
    for mark in marks_of(kind):
        assert f"{mark.label}: {mark.written}" in told
    assert "Universe: model@x/all" in told
    shown = [each.text for each in root.iter(f"{SVG}text")]
    assert "Universe: model@x/all · Window: 2026-01-01..2026-01-07" in shown
    assert {"downloads", "share"} & set(shown)
    assert "prefers-color-scheme:dark" in text
    assert root.get("role") == "img"


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_numbers_give_the_same_bytes(kind: str) -> None:
    assert svg(drawing(kind, *marks_of(kind))) == svg(drawing(kind, *marks_of(kind)))


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_leaves_the_picture(kind: str) -> None:
    root = ElementTree.fromstring(svg(drawing(kind, *marks_of(kind))))
    _, _, wide, high = map(float, str(root.get("viewBox")).split())
    for each in root.iter():
        x, y = float(each.get("x", 0)), float(each.get("y", 0))
        assert 0 <= x + float(each.get("width", 0)) <= wide
        assert 0 <= y + float(each.get("height", 0)) <= high


def test_bars_are_as_long_as_their_values() -> None:
    marks = [Mark("one", 10.0, "10"), Mark("two", 5.0, "5"), Mark("none", 0.0, "0")]
    root = ElementTree.fromstring(svg(drawing("bars", *marks)))
    first, second, third = (float(str(bar.get("width"))) for bar in root.iter(f"{SVG}rect"))
    assert first == pytest.approx(2 * second)
    assert third == 0


def test_what_is_unknown_is_grey() -> None:
    root = ElementTree.fromstring(
        svg(drawing("bars", Mark("one", 1, "1"), Mark("unknown", 1, "1")))
    )
    known, unknown = (str(bar.get("fill")) for bar in root.iter(f"{SVG}rect"))
    assert known == "#0072b2"
    assert unknown == "#8c959f"


def test_shares_stack_to_one() -> None:
    marks = [Mark("m", 0.25, "", "a"), Mark("m", 0.75, "", "b")]
    root = ElementTree.fromstring(svg(drawing("stacked", *marks)))
    bars = [bar for bar in root.iter(f"{SVG}rect") if float(str(bar.get("width"))) > 20]
    assert sum(float(str(bar.get("height"))) for bar in bars) == pytest.approx(260, abs=0.2)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_to_show(kind: str) -> None:
    root = ElementTree.fromstring(svg(drawing(kind)))
    assert "no data" in [each.text for each in root.iter(f"{SVG}text")]


@pytest.mark.parametrize("kind", ["bars", "line", "stacked"])
@pytest.mark.parametrize("value", [0.0, 1e-12, 1e18])
def test_extreme_values(kind: str, value: float) -> None:
    ElementTree.fromstring(svg(drawing(kind, Mark("one", value, "x", "a"))))
