"""Times of every spelling that sources use, all of them UTC in the lake."""

from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from hearthub.lake import Lake
from pulse.lakes import one, panel, take, toml

THEN = datetime(2022, 1, 25, 15, 34, 18)


@pytest.mark.parametrize(
    ("told", "is_then"),
    [
        ("2022-01-25T16:34:18+01:00", THEN),
        ("2022-01-25T15:34:18Z", THEN),
        ("2022-01-25T15:34:18.000Z", THEN),
        ("2022-01-25 15:34:18", THEN),
        ("20220125T153418Z", THEN),
        ("20220125T163418+0100", THEN),
        ("Tue Jan 25 16:34:18 2022 +0100", THEN),
        ("Tue, 25 Jan 2022 15:34:18 GMT", THEN),
        ("Tue, 25 Jan 2022 16:34:18 +0100", THEN),
        ("1643124858", THEN),
        (1643124858, THEN),
        (1643124858000, THEN),
        ("1643124858000", THEN),
        (1643124858.0, THEN),
        (1643124858000000, THEN),
        ("2022-01-25", datetime(2022, 1, 25)),
        ("20220125", datetime(2022, 1, 25)),
        ("2026-08-19T09:36:31+02:00", datetime(2026, 8, 19, 7, 36, 31)),
        ("2022-01-01T00:30:00+02:00", datetime(2021, 12, 31, 22, 30)),
    ],
)
def test_a_time(lake: Lake, tmp_path: Path, told: object, is_then: datetime) -> None:
    done = panel(lake, tmp_path, [{"id": "acme/a", "observed_at": told, "likes": 1}])
    assert done.rejected == 0
    assert one(lake, 'select "at" from counter') == is_then


@pytest.mark.parametrize("spelled", ["25.01.2022 15:34:18", "01/25/22 15:34:18"])
def test_a_format_of_the_source(lake: Lake, tmp_path: Path, spelled: str) -> None:
    told = [{"id": "acme/a", "observed_at": spelled, "likes": 1}]
    panel(lake, tmp_path, told, time_formats=["%d.%m.%Y %H:%M:%S", "%m/%d/%y %H:%M:%S"])
    assert one(lake, 'select "at" from counter') == THEN


@pytest.mark.parametrize(
    "typed",
    [
        "timestamptz '2022-01-25 16:34:18+01'",
        "timestamp '2022-01-25 15:34:18'",
        "timestamp_s '2022-01-25 15:34:18'",
        "timestamp_ns '2022-01-25 15:34:18'",
        "1643124858::uinteger",
        "1643124858::double",
    ],
)
def test_a_time_of_a_typed_column(lake: Lake, tmp_path: Path, typed: str) -> None:
    path = tmp_path / "panel.parquet"
    with duckdb.connect() as plain:
        plain.execute(f"copy (select 'acme/a' as id, {typed} as t, 1 as likes) to '{path}'")
    take(lake, path, toml(tmp_path, {"id": "id", "observed_at": "t", "likes": "likes"}))
    assert one(lake, 'select "at" from counter') == THEN


def test_the_time_that_was_said(lake: Lake, tmp_path: Path) -> None:
    path = tmp_path / "panel.csv"
    path.write_text("id,likes\nacme/a,1\n")
    take(lake, path, toml(tmp_path, ["id", "likes"]), observed_at=THEN)
    assert one(lake, 'select "at" from counter') == THEN
