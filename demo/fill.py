"""Gives the demo's hub a history: the made-up year, or real data of a kit.

`python -m demo.fill FOLDER [KIT]` by demo.run, before the hub is served. By the same door as
`hearthub pulse ingest`.
"""

import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from demo import kit, year
from demo.planted import EVENTS
from hearthub.cli.common import open_whole_hub
from hearthub.errors import HearthubError

JOBS = {"pulse.rank": "changed", "pulse.report": "changed", "pulse.show": "ingested"}
"""What makes the pages, with its key, as after `hearthub pulse ingest`: the trending list, reports,
observed repos in the catalogue. The hub does it when it serves."""


def main() -> int:
    folder, *more = (Path(word) for word in sys.argv[1:])
    try:
        fill(folder, more[0] if more else None)
    except HearthubError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def fill(data: Path, real: Path | None = None) -> None:
    """`data`: of the hub. Raises HearthubError for a kit that cannot be read."""
    began = time.monotonic()
    with open_whole_hub(data, make=True) as hub:
        for file, map_file, kind, what in _told(data, real):
            done = hub.pulse.ingest(str(file), kind, map_file)
            rejected = f", {done.rejected:,} rows refused" if done.rejected else ""
            _say(began, f"took in {what}: {done.rows:,} rows of {done.repos:,} repos{rejected}")
        for name, key in JOBS.items():
            hub.jobs.add(name, {}, key=key)


def _told(data: Path, real: Path | None) -> Iterator[tuple[Path, Path, str, str]]:
    """File, map, kind, and what it is in words."""
    maps = data.parent / "history"
    maps.mkdir(parents=True, exist_ok=True)
    if real is None:
        last = (datetime.now(UTC) - timedelta(days=1)).date()
        for panel in year.write(maps, last):
            yield panel.file, panel.map, "panel", f"made-up {panel.type}s"
        (maps / "events.json").write_text(json.dumps(events(last), indent=2))
        return
    for each in kit.shown(real):
        map_file = maps / f"{each.source}.toml"
        map_file.write_text(each.map())
        what = f"{each.path} ({each.licence}, {each.attribution})"
        yield real / each.path, map_file, each.kind, what


def events(last: date) -> list[dict[str, str]]:
    """What was planted, by day, the newest first."""
    first = year.first_day(last)
    return [
        {"day": str(event.on(first)), "event": event.kind, "repo": event.repo or "all",
         "what": event.what}
        for event in sorted(EVENTS, key=lambda it: -it.day)
    ]  # fmt: skip


def _say(began: float, text: str) -> None:
    print(f"{time.monotonic() - began:5.1f} s  {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
