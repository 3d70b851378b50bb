"""The pictures, kept by what they show and drawn by a process beside us.

    charts/3f/3f09c2....light.svg    key of the drawing (drawing.py), theme
    charts/3f/3f09c2....dark.svg

Whatever is gone is drawn again.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import BoundedSemaphore
from time import monotonic, sleep

from hearthub.errors import Unavailable
from hearthub.pulse.charts.draw import draw, wake_up
from hearthub.pulse.charts.drawing import Drawing
from hearthub.pulse.charts.themes import THEMES
from hearthub.sandbox import Sandbox

EXTRA = "hearthub[reports]"
AT_ONCE = 16
"""Drawings in one call of the process, which may take so many seconds:"""
TIMEOUT_S = 60.0
WAIT_S, LOOK_S = 10.0, 0.02
FEW = 4
"""Callers that may wait for a picture at a time; each keeps a thread of those that serve."""
SOON_S = 5
MOST_KEPT = 4_000
"""Pictures; the oldest go first. Reports have theirs beside them."""


@dataclass(frozen=True)
class Pictures:
    """Of one drawing, as SVG."""

    light: str
    dark: str


class Charts:
    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self.folder, self._sandbox = folder, sandbox
        self._places = BoundedSemaphore(FEW)

    @property
    def can_draw(self) -> bool:
        """The extra `reports` is installed."""
        return _is_installed()

    def require(self) -> None:
        """Raises Unavailable where the extra is missing."""
        if not self.can_draw:
            raise Unavailable(f"Charts are not drawn here: that needs `pip install '{EXTRA}'`")

    def wake_up(self) -> None:
        """Have the process ready, if it can be; for a thread beside other work."""
        with suppress(Unavailable):
            if self.can_draw:
                self._sandbox.run(wake_up, timeout=TIMEOUT_S)

    def pictures(self, drawings: Iterable[Drawing]) -> dict[str, Pictures]:
        """By key; what nobody drew before is drawn now. Empty where the extra is not installed.

        Raises Unavailable when the process died or took too long.
        """
        if not self.can_draw:
            return {}
        wanted = {it.key: it for it in drawings}
        missing = [it for key, it in wanted.items() if self._pictures(key) is None]
        for start in range(0, len(missing), AT_ONCE):
            some = missing[start : start + AT_ONCE]
            drawn = self._sandbox.run(draw, some, timeout=TIMEOUT_S)
            for drawing, by_theme in zip(some, drawn, strict=True):
                for theme, svg in by_theme.items():
                    self._put(self._path(drawing.key, theme), svg)
        found = {key: self._pictures(key) for key in wanted}
        return {key: it for key, it in found.items() if it is not None}

    def find(self, key: str, theme: str) -> str | None:
        try:
            return self._path(key, theme).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def wait(self, key: str, theme: str) -> str:
        """A picture that a job is about to draw. Raises Unavailable."""
        if self._places.acquire(blocking=False):
            try:
                until = monotonic() + WAIT_S
                while monotonic() < until:
                    if (found := self.find(key, theme)) is not None:
                        return found
                    sleep(LOOK_S)
            finally:
                self._places.release()
        raise Unavailable(
            f"This chart is not drawn yet: try again in {SOON_S} seconds", retry_s=SOON_S
        )

    def sweep(self) -> int:
        """Remove the oldest pictures of too many; how many."""
        found = [(path.stat().st_mtime, path) for path in self.folder.glob("*/*.svg")]
        old = sorted(found)[: max(0, len(found) - MOST_KEPT)]
        for _, path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def _pictures(self, key: str) -> Pictures | None:
        light, dark = (self.find(key, theme) for theme in THEMES)
        return None if light is None or dark is None else Pictures(light, dark)

    def _path(self, key: str, theme: str) -> Path:
        return self.folder / key[:2] / f"{key}.{theme}.svg"

    @staticmethod
    def _put(path: Path, svg: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f".{path.name}.new")
        new.write_text(svg, encoding="utf-8")
        new.replace(path)


@cache
def _is_installed() -> bool:
    return find_spec("altair") is not None and find_spec("vl_convert") is not None
