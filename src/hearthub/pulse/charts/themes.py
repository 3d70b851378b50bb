"""Colours of charts for a light and a dark page.

Series have the hues of Okabe and Ito (2008), each as little darker or lighter as is needed to stand
out from its ground by 3:1 (WCAG 2.2, 1.4.11) and to be told from every other, and from grey, by the
colour-blind as well. Lines differ by their dashes too, and every chart has its table.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Theme:
    ground: str
    text: str
    soft: str
    axis: str
    grid: str
    muted: str
    """What is unknown."""
    colours: tuple[str, ...]

    def colour(self, index: int, name: str, unknown: str) -> str:
        return self.muted if name == unknown else self.colours[index % len(self.colours)]


# Ground, text and lines are those of the pages (web/static/hearthub.css).
THEMES = {
    "light": Theme(
        ground="#fdfcfa",
        text="#1d1b19",
        soft="#665e57",
        axis="#8a8077",
        grid="#e5ded6",
        muted="#948c85",
        colours=("#005f94", "#c28600", "#00805d", "#be558f", "#1d98dd", "#b85100"),
    ),
    "dark": Theme(
        ground="#161412",
        text="#ece7e2",
        soft="#aaa097",
        axis="#7d746b",
        grid="#35302b",
        muted="#6f6760",
        colours=("#0072b2", "#e69f00", "#00a377", "#cc7aa8", "#58b5e9", "#d65f00"),
    ),
}
DASHES = ([1, 0], [7, 3], [2, 3], [9, 3, 2, 3], [4, 4], [1, 4])
