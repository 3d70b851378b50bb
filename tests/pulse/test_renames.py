"""A repo that goes on under another name."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from hearthub.lake import Lake
from pulse.lakes import one, panel, rows


def said(name: str, day: int, **more: Any) -> dict[str, Any]:
    return {"id": name, "observed_at": f"2026-05-{day:02}", "likes": day, "formerly": None} | more


def test_a_former_name_is_noted_once_since_it_was_first_told(lake: Lake, tmp_path: Path) -> None:
    panel(lake, tmp_path, [said("acme/old", 1)])
    for days in ((3, 4), (5,)):
        told = [said("acme/new", day, formerly="acme/old") for day in days]
        assert panel(lake, tmp_path, told).rejected == 0
    known = 'select old_id, new_id, id, "at" from alias join repo using (repo_id)'
    assert one(lake, known) == ("acme/old", "acme/new", "acme/new", datetime(2026, 5, 3))


def test_the_first_time_counts_in_whatever_order(
    new_lake: Callable[[], Lake], tmp_path: Path
) -> None:
    for days in ((3, 5), (5, 3)):
        lake = new_lake()
        for day in days:
            panel(lake, tmp_path, [said("acme/new", day, formerly="acme/old")])
        assert one(lake, 'select min("at") from alias') == datetime(2026, 5, 3)


def test_what_is_no_other_name_is_none(lake: Lake, tmp_path: Path) -> None:
    for day, name in enumerate(("acme/NEW", "", "a\x1bb", "x" * 201), 1):
        panel(lake, tmp_path, [said("acme/new", day, formerly=name)])
    assert rows(lake, "select * from alias") == []
