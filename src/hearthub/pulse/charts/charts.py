"""The pictures, kept by what they show and drawn by a process beside us.

    charts/3f/3f09c2....light.svg    key of the drawing (drawing.py), theme
    charts/3f/3f09c2....dark.svg

Whatever is gone is drawn again.
"""

import logging
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from secrets import token_hex
from threading import BoundedSemaphore
from time import monotonic, sleep, time

from hearthub.errors import Unavailable
from hearthub.pulse.charts.draw import draw, wake_up
from hearthub.pulse.charts.drawing import Drawing
from hearthub.pulse.charts.themes import THEMES
from hearthub.sandbox import Sandbox

log = logging.getLogger(__name__)

EXTRA = "hearthub[reports]"
AT_ONCE = 16
"""Drawings in one call of the process, which may take so many seconds:"""
TIMEOUT_S = 60.0
WAIT_S, LOOK_S = 10.0, 0.02
FEW = 4
"""Callers that may wait for a picture at a time; each keeps a thread of those that serve."""
SOON_S = 5
END = "</svg>\n"
LEFT_S = 3600
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
        """By key; what nobody drew before is drawn now. Empty where the extra is not installed,
        and without one that cannot be drawn.

        Raises Unavailable when the process died or took too long.
        """
        if not self.can_draw:
            return {}
        wanted = {it.key: it for it in drawings}
        kept = {key: self._pictures(key) for key in wanted}
        found = {key: it for key, it in kept.items() if it is not None}
        missing = [it for key, it in wanted.items() if key not in found]
        for start in range(0, len(missing), AT_ONCE):
            some = missing[start : start + AT_ONCE]
            drawn = self._sandbox.run(draw, some, timeout=TIMEOUT_S)
            for drawing, by_theme in zip(some, drawn, strict=True):
                if isinstance(by_theme, str):
                    log.error("a chart is left out, %s: %s", drawing.key, by_theme)
                    continue
                found[drawing.key] = Pictures(**by_theme)
                self._keep(drawing.key, by_theme)
        return found

    def find(self, key: str, theme: str) -> str | None:
        try:
            found = self._path(key, theme).read_text(encoding="utf-8")
        except (FileNotFoundError, NotADirectoryError):
            return None
        return found if found.endswith(END) else None  # the power may fail before it is on disk

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
        for path in self.folder.glob("*/.*.new"):  # of a process that was killed
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < time() - LEFT_S:
                    path.unlink()
        return len(old)

    def _pictures(self, key: str) -> Pictures | None:
        light, dark = (self.find(key, theme) for theme in THEMES)
        return None if light is None or dark is None else Pictures(light, dark)

    def _path(self, key: str, theme: str) -> Path:
        return self.folder / key[:2] / f"{key}.{theme}.svg"

    def _keep(self, key: str, by_theme: Mapping[str, str]) -> None:
        """Where it cannot be kept, it is drawn again for the next."""
        try:
            for theme, svg in by_theme.items():
                self._put(self._path(key, theme), svg)
        except OSError as error:
            log.warning("a chart is not kept in %s: %s", self.folder, error)

    @staticmethod
    def _put(path: Path, svg: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # A server, a worker and a command may draw the same at once.
        new = path.with_name(f".{path.name}.{token_hex(8)}.new")
        try:
            new.write_text(svg, encoding="utf-8")
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)


@cache
def _is_installed() -> bool:
    return find_spec("altair") is not None and find_spec("vl_convert") is not None
