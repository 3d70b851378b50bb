"""How soon pages are seen: `python -m bench.page_paint`, with Debian's Chromium on the PATH.

A phone on a slow network loads each page with nothing kept (paint_inside.py). The goals are what
Lighthouse calls good: the first paint within 1.8 s, the largest within 2.5 s, no more than 200 ms
of a script that blocks, and nothing that jumps (0.1).
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure
from tests.api.observatory import observing_hub
from tests.needs import client_python
from tests.web.fitted import fill

PAGES = ("/", "/models", "/alice/base", "/far/base-7b?hardware=24", "/fit?hardware=rtx-4090",
         "/pulse", "/pulse/weekly/made-up/2026-03-15", "/pulse/state/made-up/2026-03-16",
         "/pulse/metrics/period_downloads?source=made-up&by=month&window=all")  # fmt: skip
GOALS = {"fcp": ("first paint", 1800, "ms"), "lcp": ("largest paint", 2500, "ms"),
         "tbt": ("blocked by scripts", 200, "ms"), "cls": ("shifts", 0.1, ""),
         "bytes": ("over the wire", 100_000, "bytes")}  # fmt: skip


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="hearthub-bench-") as folder:
        figures = list(measure(Path(folder)))
    print(*figures, sep="\n")
    return int(not all(figure.is_met for figure in figures))


def measure(folder: Path) -> Iterator[Figure]:
    with observing_hub(folder) as hub:
        fill(hub)
        asked = {"url": hub.url, "pages": PAGES, "chromium": shutil.which("chromium")}
        done = subprocess.run(
            [client_python("browser"), Path(__file__).with_name("paint_inside.py")],
            input=json.dumps(asked),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    for path, told in json.loads(done.stdout).items():
        for name, (what, goal, unit) in GOALS.items():
            yield Figure(f"{path[:44]}: {what}", told[name], goal, unit)


if __name__ == "__main__":
    sys.exit(main())
