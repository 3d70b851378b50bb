"""One history told in several ways has one set of numbers: day by day or on change, in one file or
in pieces that come in any order, with clocks of any zone, on a machine in any zone."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hearthub.lake import Lake
from hearthub.pulse import Measures, MetricRow, known_metrics, measure_all
from pulse.lakes import panel, rows, toml

NewLake = Callable[[], Lake]
Row = dict[str, Any]
DAYS = 40
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
SAYS = ("downloads_all", "downloads_30d", "likes", "license", "removed")
few = settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    # Each example is several lakes: to find the smallest would take many minutes.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@st.composite
def histories(draw: st.DrawFn) -> list[list[Row]]:
    """By day, what each repo is: of long calm spells, some born late, some removed."""
    days: list[list[Row]] = [[] for _ in range(DAYS)]
    for number in range(draw(st.integers(2, 6))):
        born = draw(st.sampled_from([-300, 0, 11]))
        gone = draw(st.sampled_from([None, None, 25]))
        steps = draw(st.lists(st.sampled_from([0, 0, 0, 7, 1000]), min_size=DAYS, max_size=DAYS))
        likes = draw(st.lists(st.sampled_from([40, 40, 41]), min_size=DAYS, max_size=DAYS))
        is_used = draw(st.booleans())
        licences = draw(st.lists(st.sampled_from(["mit", "gemma"]), min_size=2, max_size=2))
        total = 0
        for day in range(max(0, born), DAYS):
            total += steps[day] * is_used
            days[day].append(
                {
                    "id": f"{'abc'[number % 3]}/{number}",
                    "created_at": (START + timedelta(born, hours=-3)).isoformat(),
                    "observed_at": (START + timedelta(day)).isoformat(),
                    "downloads_all": total,
                    "downloads_30d": total,
                    "likes": likes[day],  # which come back to what they were
                    "license": licences[day // 20],
                    "removed": day == gone,
                }
            )
            if day == gone:
                break
    for day, said in enumerate(days):  # something changes each day, so each is known as looked at
        clock = {"id": "z/clock", "created_at": "2025-01-01T00:00:00Z", "downloads_all": day}
        said.append({**said_of(clock), "observed_at": (START + timedelta(day)).isoformat()})
    return days


def said_of(row: Row) -> Row:
    return {**dict.fromkeys(SAYS), "removed": False, **row}


def flat(days: list[list[Row]]) -> list[Row]:
    return [row for said in days for row in said]


def on_change(days: list[list[Row]]) -> list[Row]:
    """A row only where a repo is other than it was."""
    before: dict[str, tuple[Any, ...]] = {}
    found = []
    for row in flat(days):
        now = tuple(row[name] for name in SAYS)
        if before.get(row["id"]) != now:
            found.append(row)
        before[row["id"]] = now
    return found


def numbers(lake: Lake) -> dict[str, list[Row]]:
    """Of all metrics, and the histories themselves; sums may be added in another order."""
    names = [metric.id for metric in known_metrics() if "model" in metric.types]
    with Measures(lake).frame("model", "30d") as frame:
        found = {name: list(map(plain, them)) for name, them in measure_all(frame, names).items()}
    found["counter"] = rows(lake, STOOD)
    found["presence"] = rows(lake, "select id, removed_at from repo order by id")
    return found


STOOD = """
select id, "at", d_all, d30, likes from (
  select *, lag((d_all, d30, likes)) over (partition by repo_id order by "at") as before
  from counter
) join repo using (repo_id)
where (d_all, d30, likes) is distinct from before
order by id, "at"
"""


def plain(row: MetricRow) -> Row:
    values = {key: value for key, value in row.to_json().items() if key != "snapshots"}
    return {k: float(f"{v:.9g}") if isinstance(v, float) else v for k, v in values.items()}


def told(new_lake: NewLake, *files: list[Row], whole: bool = False) -> dict[str, list[Row]]:
    lake = new_lake()
    with TemporaryDirectory() as folder:
        for file in files:
            assert panel(lake, Path(folder), file, whole=whole).rejected == 0
    return numbers(lake)


def same(one: dict[str, list[Row]], other: dict[str, list[Row]]) -> None:
    for name, them in one.items():
        assert them == other[name], name


@few
@given(days=histories())
def test_forward_filled_is_as_full_snapshots(new_lake: NewLake, days: list[list[Row]]) -> None:
    full = told(new_lake, flat(days), whole=True)
    assert any(row["value"] for row in full["period_downloads"])
    assert len(on_change(days)) < len(flat(days))
    same(full, told(new_lake, on_change(days)))


@few
@given(days=histories(), chance=st.randoms(use_true_random=False))
def test_pieces_in_any_order_are_as_one_file(
    new_lake: NewLake, days: list[list[Row]], chance: Any
) -> None:
    cuts = sorted(chance.sample(range(1, DAYS), 4))
    ends = zip([0, *cuts], [*cuts, DAYS], strict=True)
    pieces = [flat(days[first:end]) for first, end in ends]
    chance.shuffle(pieces)
    same(told(new_lake, flat(days), whole=True), told(new_lake, *pieces, whole=True))


@few
@given(days=histories(), hours=st.lists(st.sampled_from([-9.5, 0, 5.75, 14]), min_size=7))
def test_clocks_of_any_zone_tell_the_same(
    new_lake: NewLake, days: list[list[Row]], hours: list[float]
) -> None:
    moved = [
        {
            **row,
            **{
                name: datetime.fromisoformat(row[name]).astimezone(zone(hours, index)).isoformat()
                for name in ("observed_at", "created_at")
            },
        }
        for index, row in enumerate(flat(days))
    ]
    same(told(new_lake, flat(days)), told(new_lake, moved))


def zone(hours: list[float], index: int) -> timezone:
    return timezone(timedelta(hours=hours[index % len(hours)]))


def test_machines_of_any_zone_tell_the_same(tmp_path: Path) -> None:
    """Late in the evening it is another day elsewhere."""
    said = [
        {"id": "a/b", "created_at": "2026-01-31T23:30:00Z", "likes": day,
         "observed_at": f"2026-02-{day:02}T23:30:00Z", "downloads_all": 10 * day}
        for day in range(1, 20)
    ]  # fmt: skip
    path = tmp_path / "panel.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in said))
    map_file = toml(tmp_path, list(said[0]))
    found = []
    for place in ("UTC", "Pacific/Kiritimati", "America/Los_Angeles"):
        data = ("--data", str(tmp_path / place.replace("/", "-")))
        hearthub(place, "ingest", str(path), "--map", str(map_file), *data)
        words = ("--by", "launch_quarter", "--window", "7d", "--format", "json", *data)
        found.append(json.loads(hearthub(place, "metric", "period_downloads", *words)))
    assert [row["value"] for row in found[0]] == [70]
    assert found[0][0]["window_end"] == "2026-02-19"
    assert found[0][0]["dimension"] == "2026-Q1"
    assert found == [found[0]] * 3


def hearthub(place: str, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "hearthub", "pulse", *words],
        env=os.environ | {"TZ": place},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout
