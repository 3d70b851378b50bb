"""Reports that are kept, so that nobody waits for one.

    reports/weekly/SOURCE/2026-05-17.0002/   a week by its last day, and which making of it
        kept.json                            titles, headlines, of what it was made
        whole.json                           of a source that may not be passed on: as report.json,
                                             with what only our own pages may show
        en/report.html ...                   the files of a report (report/writing.py)
        ja/report.html ...
    reports/state/SOURCE/2026-05-20.0001/
    reports/making-XXXX/                     what is not finished (keeping.py)
    reports/lock                             held by whoever makes some

The highest number is what readers see. It is made aside and renamed, so a crash leaves the one
before, which goes once the next is there.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import orjson

from hearthub.errors import NotFound

KINDS = ("weekly", "state")
LANGUAGES = ("en", "ja")
WHOLE = "whole.json"
_SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_PLACE = re.compile(r"(\d{4}-\d{2}-\d{2})\.(\d{4,9})", re.ASCII)


@dataclass(frozen=True)
class KeptReport:
    """In one language. `made` is UTC without a zone."""

    kind: str
    source: str
    until: date
    lang: str
    title: str
    headline: str
    """Its first sentences."""
    is_synthetic: bool
    made: datetime
    gone: str
    """Of a report about this hub: which repos were not public any more (sql/gone.sql)."""
    is_drawn: bool
    """With its charts."""
    folder: Path
    files: tuple[str, ...]

    @property
    def is_closed(self) -> bool:
        """Its files are without what is about a single repo."""
        return (self.folder.parent / WHOLE).is_file()

    def file(self, name: str) -> Path:
        """Raises NotFound for what is none of `files`."""
        if name not in self.files:
            raise NotFound(f"This report has no {name[:80]!r}: it has {', '.join(self.files)}")
        return self.folder / name

    def content(self) -> bytes:
        """All of it, as report.json has it, for a page. Raises FileNotFoundError where it is made
        again in this moment."""
        whole = self.folder.parent / WHOLE
        return (whole if whole.is_file() else self.folder / "report.json").read_bytes()


@dataclass(frozen=True, order=True)
class Wanted:
    """A report in all languages."""

    kind: str
    source: str
    until: date

    def replaces(self, old: "Wanted") -> bool:
        """It is of the same week, of which more is known now; or of a later state."""
        if (self.kind, self.source) != (old.kind, old.source) or self.until <= old.until:
            return False
        return self.kind == "state" or self.until.isocalendar()[:2] == old.until.isocalendar()[:2]


class Shelf:
    """The folder of reports."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def all(self) -> list[KeptReport]:
        """The newest first."""
        found = [it for wanted, path in self.places().items() for it in _read(wanted, path)]
        return sorted(found, key=lambda it: (it.until, it.kind, it.source, it.lang), reverse=True)

    def one(self, kind: str, source: str, until: date, lang: str) -> KeptReport:
        """Raises NotFound."""
        # Strangers name them: what is no name of a source is no path either.
        if kind in KINDS and _SOURCE.fullmatch(source):
            wanted = Wanted(kind, source, until)
            for path in self.makings(wanted)[-1:]:
                for it in _read(wanted, path):
                    if it.lang == lang:
                        return it
        raise NotFound("No such report is kept: /api/pulse/reports lists those that are")

    def places(self) -> dict[Wanted, Path]:
        """Each report, and the folder of its newest making."""
        found = {
            Wanted(kind, place.name, until)
            for kind in KINDS
            for place in self.folder.glob(f"{kind}/*")
            for path in place.glob("*")
            if (until := _until(path)) is not None
        }
        return {wanted: some[-1] for wanted in sorted(found) if (some := self.makings(wanted))}

    def makings(self, wanted: Wanted) -> list[Path]:
        """The newest last."""
        found = [p for p in self.place(wanted).glob(f"{wanted.until}.*") if _until(p) is not None]
        return sorted(found, key=number_of)

    def place(self, wanted: Wanted) -> Path:
        return self.folder / wanted.kind / wanted.source


def number_of(path: Path) -> int:
    """Which making a folder is."""
    return int(path.name.rpartition(".")[2])


def _until(path: Path) -> date | None:
    found = _PLACE.fullmatch(path.name)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def _read(wanted: Wanted, path: Path) -> Iterator[KeptReport]:
    """Nothing where it went just now."""
    try:
        told: dict[str, Any] = orjson.loads((path / "kept.json").read_bytes())
        files = {lang: _files(path / lang) for lang in told["languages"]}
    except FileNotFoundError:
        return
    for lang, words in told["languages"].items():
        yield KeptReport(
            kind=wanted.kind,
            source=wanted.source,
            until=wanted.until,
            lang=lang,
            title=words["title"],
            headline=words["headline"],
            is_synthetic=told["synthetic"],
            made=datetime.fromisoformat(told["made"]),
            gone=told["gone"],
            is_drawn=told.get("drawn", False),  # before 0012 nobody drew them in two themes
            folder=path / lang,
            files=files[lang],
        )


def _files(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(path.name for path in folder.iterdir()))
