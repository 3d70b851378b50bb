"""A repo that goes on under another name."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from hearthub.lake import Lake
from hearthub.pulse.framing import open_frame
from hearthub.pulse.measures import measure_one
from pulse.lakes import one, panel, rows

START = date(2026, 5, 3)


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


def test_two_names_at_one_time_tell_the_same_each_time(lake: Lake, tmp_path: Path) -> None:
    """What its own name says counts; what the former one says at the same time does not."""
    told = []
    for day in range(1, 21):
        told += [said(f"acme/old{n}", day, likes=1000 - day, downloads_all=7) for n in range(40)]
        told += [
            said(
                f"acme/new{n}", day, likes=10 * day, downloads_all=n + day, formerly=f"acme/old{n}"
            )
            for n in range(40)
        ]
    panel(lake, tmp_path, told)
    with lake.reading() as session:
        open_frame(session, "model@test", "7d")
        found = session.rows("select distinct likes from day where day = '2026-05-20'")
        assert [row["likes"] for row in found] == [10]
        points = session.rows("select distinct likes from point where day = '2026-05-20'")
        assert [row["likes"] for row in points] == [200]


def test_history_is_kept_by_a_repo_that_is_renamed_again(lake: Lake, tmp_path: Path) -> None:
    """Three names of seven days each; then the second one's first days are told late."""
    for turn, days in ((0, range(1, 8)), (1, range(11, 15)), (2, range(15, 22)), (1, range(8, 11))):
        name = f"acme/name{turn}"
        former = f"acme/name{turn - 1}" if turn else None
        told = [said(name, day, downloads_all=100 * day, formerly=former) for day in days]
        panel(lake, tmp_path, told)
    with lake.reading() as session:
        frame = open_frame(session, "model@test", "2026-05-03..2026-05-21")
        (row,) = session.rows("select id, downloads, likes from u")
        assert row == {"id": "acme/name2", "downloads": 1900, "likes": 19}
        found = session.rows(
            "select day, downloads from day where day >= $start order by day", start=START
        )
        assert [(row["day"].day, row["downloads"]) for row in found] == [
            (day, 100) for day in range(3, 22)
        ]
        assert measure_one(frame, "period_downloads")[0].value == 1900


@pytest.mark.parametrize("names", [("a", "b", "a"), ("a", "b", "a", "b"), ("a", "b", "c", "a")])
def test_a_repo_that_takes_a_former_name_again_is_told_of(
    lake: Lake, tmp_path: Path, names: tuple[str, ...]
) -> None:
    day = 1
    for turn, name in enumerate(names):
        former = f"acme/{names[turn - 1]}" if turn else None
        told = [said(f"acme/{name}", day + n, downloads_all=10 * (day + n), formerly=former)
                for n in range(5)]  # fmt: skip
        panel(lake, tmp_path, told)
        day += 5
    with lake.reading() as session:
        open_frame(session, "model@test", f"2026-05-02..2026-05-{day - 1:02}")
        (row,) = session.rows("select id, downloads from u")
        assert row == {"id": f"acme/{names[-1]}", "downloads": 10 * (day - 2)}
