"""`make bench`: the speed goals, measured on this machine, as ratios within one run."""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import beginnings, downloads, fit_readers, git_clone, small, uploads
from bench.figures import Figure, Skipped
from tests.live import live_hub

SERVED = ("beginnings", "git", "small", "uploads", "downloads")
"""What needs a hub that runs."""
PARTS = ("fit", *SERVED, "install")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a sixteenth of the bytes, one round")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART")
    words = parser.parse_args()
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, load {load:.1f}, Python {sys.version.split()[0]}\n", flush=True)
    missed = 0
    for figure in measure(set(words.only), words.quick):
        print(figure, flush=True)
        missed += isinstance(figure, Figure) and not figure.is_met
    print(f"\n{missed} goals missed" if missed else "\nall goals met")
    return 0


def measure(parts: set[str], quick: bool) -> Iterator[Figure | Skipped]:
    """Sizes are the issue's; `quick` shows only that everything runs."""
    scale, repeats = (16, 1) if quick else (1, 3)
    with tempfile.TemporaryDirectory(prefix="hearthub-bench-") as name:
        if "fit" in parts:
            yield from fit_readers.measure(Path(name), repeats)
        if parts & set(SERVED):
            yield from served(parts, Path(name), scale, repeats)
    if "install" in parts and not quick:
        yield from beginnings.first_upload()


def served(parts: set[str], folder: Path, scale: int, repeats: int) -> Iterator[Figure | Skipped]:
    with live_hub(folder / "data") as hub:
        small.make_repo(hub, "bench")
        if "beginnings" in parts:
            yield from beginnings.measure(hub, repeats)
        if "git" in parts:
            yield from git_clone.measure(hub, folder, repeats)
        if "uploads" in parts or "downloads" in parts:
            yield from uploads.measure(hub, folder, 2**30 // scale, repeats)
        if "downloads" in parts:
            yield from downloads.measure(hub, folder, 2**32 // scale, repeats, 500)
        if "small" in parts:
            small.put_by_xet(hub, folder)
            yield from small.measure(hub, 8 // repeats, repeats, 10_000)


if __name__ == "__main__":
    sys.exit(main())
