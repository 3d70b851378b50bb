"""Random small histories, told in random order: every metric is the same with what the lake keeps
(`standing`, `scored`, `latest`) and without it.

Repos score and stop, are renamed (also twice), go, come back, are told of late and in parts;
snapshots are whole or not, files are merged, and what is kept is made at some moments alone.
"""

import os
import random
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hearthub.errors import HearthubError
from hearthub.lake import Lake
from hearthub.pulse import TABLES
from hearthub.pulse.framing import open_frame
from hearthub.pulse.keep_latest import keep_latest
from hearthub.pulse.measures import known_metrics, measure_one, needs_of
from hearthub.pulse.months import MONTH
from hearthub.pulse.standing import keep_standings
from hearthub.sandbox import Sandbox
from pulse.lakes import panel

START = datetime(2026, 1, 20, 9)
DAYS = 45
"""Three months, so that counters lie in several files."""
KEPT = ("standing", "scored", "latest")
SEEDS = range(int(os.environ.get("HEARTHUB_KEPT_SEEDS", "2")))
WINDOWS = ("7d", "30d", "all", "2026-02", "2026-01-25..2026-02-20")


@pytest.mark.parametrize("seed", SEEDS)
def test_every_metric_is_the_same_with_and_without(
    lake: Lake, tmp_path: Path, sandbox: Sandbox, seed: int
) -> None:
    chance = random.Random(seed)
    pieces = _pieces(chance)
    for number, piece in enumerate(pieces):
        panel(lake, tmp_path, piece["rows"], whole=piece["whole"])
        if chance.random() < 0.3:
            lake.compact(many=2)
        # A crash between leaves the one without the other.
        is_last = number == len(pieces) - 1
        if chance.random() < (0.8 if is_last else 0.4):
            keep_standings(lake)
        if chance.random() < (0.8 if is_last else 0.4):
            keep_latest(lake)
    shutil.copytree(lake.folder, tmp_path / "plain")
    plain = Lake(tmp_path / "plain", TABLES, sandbox)
    with plain.writing() as writing:
        for table in KEPT:
            writing.forget(table, writing.session.files(table))
    windows = ["7d", *chance.sample(WINDOWS[1:], 2)]
    for universe in ("model@test", chance.choice(("model@test/active", "model@test/recent-90"))):
        for window in windows if universe == "model@test" else windows[:1]:
            kept, afresh = (told(each, universe, window) for each in (lake, plain))
            differ = [
                (ask, kept[ask], afresh[ask]) for ask in kept if kept[ask] != afresh[ask]
            ]  # fmt: skip
            assert not differ, f"seed {seed}, {universe}, {window}: {differ[0]}"


def told(lake: Lake, universe: str, window: str) -> dict[Any, Any]:
    """By each question, its rows. Frames are opened as for reports: without history some parts are
    read of what is kept, by month others are."""
    found: dict[Any, Any] = {}
    for asks in _asks():
        with lake.reading() as session:
            frame = open_frame(session, universe, window, needs_of(asks))
            for ask in asks:
                try:
                    found[ask] = [_plain(row.to_json()) for row in measure_one(frame, *ask)]
                except HearthubError as error:
                    found[ask] = str(error)
    return found


def _asks() -> list[list[tuple[str, str | None]]]:
    some = [m for m in known_metrics() if "model" in m.types and not m.source]
    plain = [
        [(m.id, by) for m in some if m.has_history is history for by in (None, *m.dimensions)
         if by != MONTH]
        for history in (False, True)
    ]  # fmt: skip
    return [*plain, [(m.id, MONTH) for m in some if MONTH in m.dimensions]]


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {k: float(f"{v:.8g}") if isinstance(v, float) else v for k, v in row.items()}


def _pieces(chance: random.Random) -> list[dict[str, Any]]:
    """Files in the order in which they come: each has all rows of some days, or of some repos."""
    looks = [_look(chance, repos, day) for repos in [_repos(chance)] for day in range(DAYS)]
    pieces, rest = [], list(range(DAYS))
    while rest:
        some, rest = rest[: (many := chance.choice((1, 3, 9, 20)))], rest[many:]
        rows = [row for day in some for row in looks[day]]
        whole = chance.random() < 0.4
        if not whole and chance.random() < 0.4:
            ids = {row["id"] for row in rows if chance.random() < 0.5}
            pieces.append({"rows": [r for r in rows if r["id"] in ids], "whole": False})
            rows = [row for row in rows if row["id"] not in ids]
        pieces.append({"rows": rows, "whole": whole})
    for _ in range(chance.choice((0, 0, 1, 3))):  # told late
        here, there = chance.randrange(len(pieces)), chance.randrange(len(pieces))
        pieces[here], pieces[there] = pieces[there], pieces[here]
    return [piece for piece in pieces if piece["rows"]]


def _repos(chance: random.Random) -> list[dict[str, Any]]:
    return [
        {
            "born": chance.choice((-400, -60, -9, 5, DAYS - 3)),
            "gone": chance.choice((None, None, None, chance.randrange(8, DAYS))),
            "back": chance.randrange(2, 12) if chance.random() < 0.5 else None,
            "renamed": sorted(chance.sample(range(3, DAYS), chance.choice((0, 0, 1, 2)))),
            "scores": chance.choice(((0, 0), (0, 9), (-12, 30), (2, DAYS))),
            "pace": chance.choice((0, 1, 40, 3000)),
            "base": chance.choice((None, None, chance.randrange(12))),
            "name": f"{chance.choice(('Qwen', 'acme', 'google'))}/m-{number}",
            "likes": 0,
            "downloads": chance.choice((0, 10, 90_000)),
        }
        for number in range(24)
    ]


def _look(chance: random.Random, repos: list[dict[str, Any]], day: int) -> list[dict[str, Any]]:
    is_stalled = day in (11, 12, 31)
    found = []
    for repo in repos:
        if not is_stalled:
            repo["downloads"] += chance.randrange(1 + repo["pace"])
            repo["likes"] += chance.choice((0, 0, 1, 5))
        is_gone = repo["gone"] is not None and day >= repo["gone"]
        if is_gone and repo["back"] is not None:
            is_gone = day < repo["gone"] + repo["back"]
        if day < repo["born"] or chance.random() < 0.05:
            continue
        if is_gone and chance.random() < 0.7:
            continue
        found.append(_row(chance, repo, day, is_gone))
        former = found[-1]["formerly"]
        if former and chance.random() < 0.1:  # both names at one time
            found.append(found[-1] | {"id": former, "formerly": None, "likes": 0, "trending": 3})
    return found


def _row(chance: random.Random, repo: dict[str, Any], day: int, is_gone: bool) -> dict[str, Any]:
    names = [repo["name"], *(f"{repo['name']}-{turn}" for turn in range(len(repo["renamed"])))]
    turn = sum(day >= at for at in repo["renamed"])
    first, last = repo["scores"]
    return {
        "id": names[turn],
        "formerly": names[turn - 1] if turn else None,
        "observed_at": (START + timedelta(day)).isoformat() + "Z",
        "created_at": (START + timedelta(repo["born"])).isoformat() + "Z",
        "downloads_all": repo["downloads"] if chance.random() < 0.9 else None,
        "downloads_30d": min(repo["downloads"], 30 * repo["pace"] + chance.randrange(5)),
        "likes": repo["likes"],
        "trending": chance.randrange(1, 9) if first <= day < last else 0,
        "pipeline_tag": chance.choice(("text-generation",) * 9 + ("robotics",)),
        "license": "mit" if chance.random() < 0.95 else "llama3",
        "parameters": 10**9,
        "base_model": None if repo["base"] is None else [_base(repo)],
        "relation": None if repo["base"] is None else "quantized",
        "removed": is_gone,
    }


def _base(repo: dict[str, Any]) -> str:
    return f"Qwen/m-{repo['base']}"
