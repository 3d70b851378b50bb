"""The job that makes the reports that are kept (kept.py): what is missing, and nothing else."""

import fcntl
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import orjson

from hearthub.errors import HearthubError, Unavailable
from hearthub.pulse.charts import Charts
from hearthub.pulse.kept import LANGUAGES, WHOLE, Shelf, Wanted, number_of
from hearthub.pulse.origins import known_origins
from hearthub.pulse.reader import Reader
from hearthub.pulse.sharing import closed_among
from hearthub.pulse.statements import sql_text

if TYPE_CHECKING:
    from hearthub.pulse.report.document import Report

log = logging.getLogger(__name__)

OWN = "own"
WEEKS = 12
"""Of each source so many weeks have a report; those that were made before stay."""
SENTENCES = 4
"""Of a headline, at most."""


def make_missing(shelf: Shelf, reader: Reader, charts: Charts, now: datetime) -> int:
    """Make the reports that are due, and again those that tell of what is withdrawn, or whose files
    have what may not be passed on any more; how many. Those that have no charts yet get them.

    `now` is UTC. One that cannot be made is logged, and tried again the next time. What nobody
    expected stops no other, and is raised in the end.
    """
    made, failed = 0, list[Exception]()
    with _locked(shelf.folder):
        for place in shelf.folder.glob("making-*"):
            shutil.rmtree(place, ignore_errors=True)
        for wanted, gone in _missing(shelf, reader, now.date()):
            try:
                report = _make(reader, wanted)
                _keep(shelf, charts, wanted, report, gone, now)
                made += 1
            except HearthubError as error:
                log.warning("no %s report of %s: %s", wanted.kind, wanted.source, error)
            except Exception as error:
                failed.append(error)
                log.error("no %s report of %s", wanted.kind, wanted.source, exc_info=error)
        if charts.can_draw:
            _draw_missing(shelf, charts)
        _sweep(shelf)
    if failed:
        raise failed[0]
    return made


def gone_of(reader: Reader) -> str:
    """Which repos of this hub are not public any more, as one word."""
    with reader.reading() as session:
        return str(session.value(sql_text("gone")))


def _missing(shelf: Shelf, reader: Reader, today: date) -> list[tuple[Wanted, str]]:
    """The newest first, each with what it is to say of `gone`.

    That is read first: what is withdrawn while reports are made has them made once more.
    """
    gone, due = gone_of(reader), set(_due(reader, today))
    kept = {Wanted(it.kind, it.source, it.until): it for it in shelf.all()}
    stale = {old for old, it in kept.items() if old.source == OWN and it.gone != gone}
    closed = closed_among(known_origins(reader))
    stale |= {old for old, it in kept.items() if old.source in closed and not it.is_closed}
    replaced = {old for old in stale if any(new.replaces(old) for new in due)}
    found = sorted((due - set(kept)) | (stale - replaced), key=lambda it: it.until, reverse=True)
    return [(wanted, gone if wanted.source == OWN else "") for wanted in found]


def _due(reader: Reader, today: date) -> Iterator[Wanted]:
    """Of each source the last weeks that are over and were looked at, and its newest state."""
    with reader.reading() as session:
        rows = session.rows(sql_text("looked_at"))
    days: dict[str, list[date]] = {}
    for row in rows:
        days.setdefault(row["source"], []).append(row["day"])
    for source, seen in days.items():
        last = min(seen[-1], today)
        yield Wanted("state", source, last)
        sundays = sorted({day + timedelta(6 - day.weekday()) for day in seen if day <= today})
        over = [sunday for sunday in sundays if sunday < today]
        for sunday in over[-WEEKS:]:
            yield Wanted("weekly", source, min(sunday, last))


def _draw_missing(shelf: Shelf, charts: Charts) -> None:
    """Write those that have no charts once more, as they are."""
    from hearthub.pulse.report.reading import rendering_of

    for it in shelf.all():
        if it.is_drawn or it.lang != LANGUAGES[0]:
            continue
        try:
            report = rendering_of(it.content(), it.lang).report
        except (FileNotFoundError, Unavailable) as error:  # it was made by another version
            log.info("no charts for the %s report of %s: %s", it.kind, it.source, error)
            continue
        _keep(shelf, charts, Wanted(it.kind, it.source, it.until), report, it.gone, it.made)


def _make(reader: Reader, wanted: Wanted) -> "Report":
    from hearthub.pulse.report import make_report

    return make_report(reader, wanted.kind, f"model@{wanted.source}", wanted.until)


def _keep(
    shelf: Shelf, charts: Charts, wanted: Wanted, report: "Report", gone: str, now: datetime
) -> None:
    from hearthub.pulse.report import headline_of, title_of, to_json, write_report

    with TemporaryDirectory(dir=shelf.folder, prefix="making-") as name:
        folder = Path(name) / "whole"
        for lang in LANGUAGES:
            write_report(report, folder / lang, (lang,), charts)
        kept = {
            "made": now.isoformat(timespec="seconds"),
            "gone": gone,
            "drawn": not report.charts() or any(folder.rglob("chart-*.svg")),
            "synthetic": report.is_synthetic,
            "languages": {
                lang: {
                    "title": title_of(report, lang),
                    "headline": headline_of(report, lang, SENTENCES),
                }
                for lang in LANGUAGES
            },
        }
        (folder / "kept.json").write_bytes(orjson.dumps(kept))
        if not report.may_be_shared:
            (folder / WHOLE).write_bytes(orjson.dumps(to_json(report)))
        for path in folder.rglob("*"):
            _sync(path)
        _put(shelf, folder, wanted)


def _put(shelf: Shelf, folder: Path, wanted: Wanted) -> None:
    before = shelf.makings(wanted)
    number = number_of(before[-1]) + 1 if before else 1
    place = shelf.place(wanted)
    place.mkdir(parents=True, exist_ok=True)
    folder.rename(place / f"{wanted.until}.{number:04d}")
    _sync(place)


def _sweep(shelf: Shelf) -> None:
    """Remove what nobody is shown any more."""
    places = shelf.places()
    for wanted in places:
        makings = shelf.makings(wanted)
        is_replaced = any(new.replaces(wanted) for new in places)
        for path in makings if is_replaced else makings[:-1]:
            shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
