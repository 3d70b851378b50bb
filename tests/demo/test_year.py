"""The made-up year: what was planted in it is what the observatory finds.

Every number of the product is held against the plan of the year, not against its rows.
"""

import hashlib
import math
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from demo import fill, year
from demo.counters import HALF_LIFE, Made
from demo.planted import (
    AGAIN,
    CI,
    DAYS,
    EVENTS,
    FLOODED,
    FORMER,
    LAUNCH,
    NEWCOMERS,
    QUANTS,
    RELICENSED,
    REMOVED,
    RENAMED,
    RESET,
    ROBOTS,
    STALLED,
    UNUSED,
    day_of,
)
from hearthub.lake import Lake
from hearthub.pulse import TABLES, Charts, Measures, MetricRow, make_report, write_report
from hearthub.sandbox import Sandbox
from needs import needs_data
from pulse.labels import unlabelled
from pulse.lakes import one, rows, take

LAST = date(2026, 11, 20)
FIRST = year.first_day(LAST)
MODELS = [made for made in year.repos() if made.type == "model"]
CLASSES = {
    "apache-2.0": 0, "mit": 0, "gpl-3.0": 1, "cc-by-sa-4.0": 1, "openrail": 2, "cc-by-nc-4.0": 3,
}  # fmt: skip
"""How strict a licence is, by hand."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("year")


@pytest.fixture(scope="module")
def lake(folder: Path) -> Iterable[Lake]:
    sandbox = Sandbox(1)
    lake = Lake(folder / "lake", TABLES, sandbox)
    now = datetime.combine(LAST + timedelta(1), time(6))
    for panel in year.write(folder / "files", LAST):
        done = take(lake, panel.file, panel.map, now=now)
        assert (done.rows, done.rejects) == (panel.rows, ())
    yield lake
    sandbox.close()


def found(lake: Lake, name: str, window: str, by: str | None = None) -> dict[str, MetricRow]:
    return {row.dimension or "": row for row in Measures(lake).metric(name, by=by, window=window)}


def on(day: int) -> date:
    return FIRST + timedelta(day)


def ids(rows_by_name: Iterable[str], kind: str) -> set[str]:
    return {name.removeprefix(f"{kind} / ") for name in rows_by_name if name.startswith(kind)}


def test_it_is_the_same_each_time_and_another_by_another_seed(tmp_path: Path) -> None:
    def digests(folder: str, seed: int) -> list[str]:
        panels = year.write(tmp_path / folder, LAST, seed)
        return [hashlib.sha256(panel.file.read_bytes()).hexdigest() for panel in panels]

    one, two, other = digests("one", 7), digests("two", 7), digests("other", 8)
    assert one == two
    assert all(a != b for a, b in zip(one, other, strict=True))


def test_it_ends_yesterday_and_has_a_row_for_each_day_of_each_repo(
    folder: Path, lake: Lake
) -> None:
    table = pq.read_table(folder / "files" / "models.parquet", columns=["id", "observed_at"])
    days = {moment.date() for moment in table["observed_at"].to_pylist()}
    assert (min(days), max(days), len(days)) == (FIRST, LAST, DAYS)
    lived = sum((made.removed or DAYS) - max(0, made.first) for made in MODELS)
    assert table.num_rows == lived
    assert 300 <= len(MODELS) <= 1500


def test_no_namespace_is_anybodys(lake: Lake) -> None:
    ours = {made.id.split("/")[0].lower() for made in year.repos()}
    files = [needs_data(f"{name}.parquet") for name in (
        "radar/models_latest", "hub_stats_frozen/hub_stats_frozen",
        "dome_transformersjs/daily_panel", "llmfit/panel")]  # fmt: skip
    with duckdb.connect() as session:
        for file in files:
            names = session.execute(f"select distinct lower(split_part(id, '/', 1)) from '{file}'")
            assert ours.isdisjoint(name for (name,) in names.fetchall()), file
    placed = "select count(*) from classified where country is not null or org_type != 'unknown'"
    assert one(lake, placed) == 0


def test_the_launch_leads_what_trends_and_newcomers_follow(lake: Lake) -> None:
    for metric in ("trending_hub", "trending_pulse"):
        names = list(found(lake, metric, "7d"))
        assert names[0] == LAUNCH
        assert {AGAIN, *NEWCOMERS} <= set(names[:10])
    came = found(lake, "newcomers", "7d", by="repo")
    assert {LAUNCH, *NEWCOMERS} <= ids(came, "new")
    assert AGAIN in ids(came, "again")


def test_day_one_quants(lake: Lake) -> None:
    told = found(lake, "newcomers", f"{FIRST}..{LAST}", by="repo")
    quants = {name: row.value for name, row in told.items() if name.startswith("day-one")}
    assert quants[f"day-one quants / {LAUNCH}"] == len(QUANTS) == 6
    by_id = {made.id: made for made in MODELS}
    truth = set[str]()
    for made in MODELS:
        base = by_id.get(made.base or "")
        if made.relation == "quantized" and base and made.day < base.day + 1 and base.day >= 0:
            truth.add(base.id)
    assert ids(quants, "day-one quants") == truth


def test_half_life_of_likes(lake: Lake) -> None:
    """Planted: 42 days, each family's own within 15 %; chance by Poisson. Found within 10 %."""
    row = found(lake, "half_life", "all")["likes / median"]
    assert row.value == pytest.approx(HALF_LIFE, rel=0.1)
    assert row.n >= 50
    assert row.lo is not None
    assert row.hi is not None
    assert row.lo <= HALF_LIFE <= row.hi


def test_stalled_days_and_what_they_hid(lake: Lake) -> None:
    assert found(lake, "anomalies", "365d")["stall days"].value == len(STALLED) == 2
    assert _stalled(lake) == [on(day) for day in STALLED]
    # A week about them has what the weeks beside it have: nothing is lost, nothing counted twice.
    first, last = STALLED
    at, before, after = (
        found(lake, "period_downloads", f"{on(first - 3 + by)}..{on(last + 2 + by)}")[""].value or 0
        for by in (0, -7, 7)
    )
    assert at == pytest.approx((before + after) / 2, rel=0.1)


def _stalled(lake: Lake) -> list[date]:
    with Measures(lake).frame("model", "365d") as frame:
        return list(frame.days.stalled)


def test_the_reset_counter(lake: Lake) -> None:
    reset = day_of("counter reset")
    for window, truth in (
        (f"{on(reset - 5)}..{LAST}", {RESET}),
        (f"{FIRST}..{on(reset - 1)}", set()),
    ):
        assert ids(found(lake, "anomalies", window, by="repo"), "counter fall") == truth
    # Of the day of the fall nothing is known; of the other nine, some 22,000 on workdays.
    (made,) = (made for made in MODELS if made.id == RESET)
    window = f"{on(reset - 4)}..{on(reset + 5)}"
    downloads = found(lake, "period_downloads", window, by="author")[RESET.split("/")[0]].value
    days = [on(day) for day in range(reset - 4, reset + 6) if day != reset]
    truth = sum(made.floor * (0.7 if day.weekday() > 4 else 1.0) for day in days)
    assert downloads is not None
    others = sum(
        _usual(each) for each in MODELS if each.id != RESET and _owner(each) == _owner(made)
    )
    assert truth * 0.95 <= downloads <= (truth + 10 * others) * 1.1


def _owner(made: Made) -> str:
    return made.id.split("/")[0]


def _usual(made: Made) -> float:
    """Downloads on a workday, at most."""
    return made.floor + sum(wave.downloads for wave in made.waves)


def test_the_burst_of_machines(lake: Lake) -> None:
    assert ids(found(lake, "anomalies", "30d", by="repo"), "CI signature") == {CI}
    before = f"{FIRST}..{on(day_of('CI burst') - 1)}"
    assert CI not in ids(found(lake, "anomalies", before, by="repo"), "CI signature")


def test_watched_and_not_used(lake: Lake) -> None:
    assert list(found(lake, "watched_not_used", "30d", by="repo")) == [UNUSED]


def test_a_rename_keeps_the_history(lake: Lake) -> None:
    turn = day_of("rename")
    alias = 'select old_id, new_id, "at"::date from alias'
    assert one(lake, alias) == (FORMER, RENAMED, on(turn))
    (made,) = (made for made in MODELS if made.id == RENAMED)
    window = f"{on(turn - 10)}..{on(turn + 9)}"
    with Measures(lake).frame("model", window) as frame:
        told = frame.session.rows(
            "select id, downloads from u where id in ($old, $new)", old=FORMER, new=RENAMED
        )
    assert [row["id"] for row in told] == [RENAMED]
    truth = sum(
        (made.floor + sum(wave.downloads * wave.after(day) for wave in made.waves))
        * (0.7 if on(day).weekday() > 4 else 1.0)
        for day in range(turn - 10, turn + 10)
    )
    assert told[0]["downloads"] == pytest.approx(truth, rel=0.1)


def test_the_removal_and_no_other(lake: Lake) -> None:
    gone = rows(
        lake,
        "select id, removed_at::date as day from repo where removed_at is not null and id != $old",
        old=FORMER,
    )
    assert gone == [{"id": REMOVED, "day": on(day_of("removal"))}]


def test_the_licence_change(lake: Lake) -> None:
    turn = day_of("licence change")
    told = rows(
        lake,
        'select "at"::date as day, license from state join repo using (repo_id) where id = $id '
        'order by "at"',
        id=RELICENSED,
    )
    assert [(row["day"], row["license"]) for row in told] == [
        (FIRST, "apache-2.0"), (on(turn), "cc-by-nc-4.0"),
    ]  # fmt: skip
    by_class = "select licence_class from classified join repo using (repo_id) where id = $id"
    assert {row["licence_class"] for row in rows(lake, by_class, id=RELICENSED)} == {
        "permissive", "non-commercial",
    }  # fmt: skip


def test_licences_drift_as_planned(lake: Lake) -> None:
    by_id = {made.id: made for made in MODELS}
    pairs = [
        (CLASSES.get(made.licence or ""), CLASSES.get(by_id[made.base].licence or ""))
        for made in MODELS
        if made.base in by_id
    ]
    known = [(child, base) for child, base in pairs if child is not None and base is not None]
    looser = sum(child < base for child, base in known)
    row = found(lake, "licence_drift", "all")[""]
    assert (row.numerator, row.denominator) == (looser, len(known))
    assert looser > 5
    assert row.coverage == pytest.approx(len(known) / len(pairs))


def test_the_flood_of_robotics(lake: Lake) -> None:
    told = {
        row.dimension: row.value
        for row in Measures(lake).metric("dataset_growth", universe="dataset", window="120d")
    }
    assert told["robotics / flow"] == FLOODED
    assert told["robotics / authors"] <= len(ROBOTS)
    near = Measures(lake).metric("anomalies", universe="dataset", window="120d")
    duplicates = {row.dimension: row.value for row in near}["near-duplicate upload"]
    assert duplicates == FLOODED


def test_small_models_are_downloaded_most(lake: Lake) -> None:
    shares = found(lake, "share_size_class", "90d")
    first = max(shares.values(), key=lambda row: row.value or 0)
    assert first.dimension == "<1"
    assert all(math.isfinite(row.value or 0) for row in shares.values())


def test_every_event_is_listed_with_its_day_and_its_repo(folder: Path) -> None:
    told = fill.events(LAST)
    assert len(told) == len(EVENTS)
    names = {made.id for made in year.repos()}
    for event in EVENTS:
        assert {"day": str(on(event.day)), "event": event.kind, "repo": event.repo or "all",
                "what": event.what} in told  # fmt: skip
        assert event.repo is None or event.repo in names or event.repo.endswith("/...")
    text = (Path(fill.__file__).parents[1] / "docs" / "demo.md").read_text()
    listed = [line.split("|") for line in text.splitlines() if line.startswith("| ")]
    assert {cells[1].strip() for cells in listed} >= {event.kind for event in EVENTS}
    assert {cells[3].strip(" `") for cells in listed} >= {e.repo for e in EVENTS if e.repo}
    days = {cells[1].strip(): cells[2].strip() for cells in listed}
    for event in EVENTS:
        if event.kind != "newcomer":
            assert days[event.kind] == str(DAYS - 1 - event.day)


def test_reports_of_it_are_labelled_everywhere(lake: Lake, tmp_path: Path) -> None:
    sandbox = Sandbox(1)
    charts = Charts(tmp_path / "charts", sandbox)
    for kind in ("weekly", "state"):
        report = make_report(lake, kind, f"model@{year.SOURCE}")
        for languages in (("en", "ja"), ("ja",)):
            folder = tmp_path / kind / languages[0]
            write_report(report, folder, languages, charts)
            assert unlabelled(folder, languages[0]) == []
    sandbox.close()
