"""Histories with planted truth: stalls, falls, renames, removals, bursts, quants, half-lives."""

import math
import random
from datetime import date, timedelta
from pathlib import Path

import pytest

from hearthub.lake import Lake
from hearthub.pulse import Measures, MetricRow
from pulse.histories import DAY, START, Told, write


def rows_of(lake: Lake, name: str, window: str, by: str | None = None) -> dict[str, MetricRow]:
    found = Measures(lake).metric(name, by=by, window=window)
    return {row.dimension or "": row for row in found}


def value(lake: Lake, name: str, window: str) -> float | None:
    (row,) = Measures(lake).metric(name, window=window)
    return row.value


def day(index: int) -> date:
    return START + index * DAY


def steady(name: str, a_day: int, days: int, start: int = 10_000) -> Told:
    return Told(name, d_all=[start + a_day * i for i in range(days)], likes=[5] * days)


def span(first: int, last: int) -> str:
    return f"{day(first)}..{day(last)}"


def test_a_window_counts_its_own_days(lake: Lake, tmp_path: Path) -> None:
    write(lake, [steady("a/x", 7, 60), steady("b/y", 100, 60)], tmp_path)
    assert value(lake, "period_downloads", span(10, 19)) == 1070
    assert value(lake, "period_downloads", "1d") == 107


def test_what_is_young_counts_with_all_it_has(lake: Lake, tmp_path: Path) -> None:
    young = Told("a/new", d_all=[max(0, 11 * (i - 30)) for i in range(60)], created=day(31))
    old = Told("a/old", d_all=[500] * 60)
    seen_late = Told("a/late", d_all=[90] * 60, silent=frozenset(range(40)))
    write(lake, [young, old, seen_late], tmp_path)
    rows = rows_of(lake, "period_downloads", span(30, 59), by="basis")
    assert rows["young"].value == 11 * 29
    assert rows["all"].value == 0
    assert rows["unknown"].value is None
    (whole,) = Measures(lake).metric("period_downloads", window=span(30, 59))
    assert whole.coverage == pytest.approx(2 / 3)


def frozen(series: list[int], days: range) -> list[int]:
    """As upstream shows it on days on which its counters stand still."""
    return [series[days.start - 1] if i in days else n for i, n in enumerate(series)]


@pytest.mark.parametrize("stall", [range(20, 21), range(20, 23)])
def test_a_stalled_day_is_bridged(lake: Lake, tmp_path: Path, stall: range) -> None:
    chance = random.Random(1)
    repos = []
    for number in range(60):
        rate = chance.randint(50, 5000)
        series = [10_000 + rate * i for i in range(50)]
        # A few move on all the same, as they do upstream.
        repos.append(Told(f"a/{number}", d_all=frozen(series, stall) if number > 5 else series))
    write(lake, repos, tmp_path)
    flagged = rows_of(lake, "anomalies", span(0, 49))["stall days"]
    assert flagged.value == len(stall)
    truth = sum((r.d_all[1] or 0) - (r.d_all[0] or 0) for r in repos)
    # A window that ends, and one that begins, on the stalled day has what its days really had.
    assert value(lake, "period_downloads", span(11, 20)) == pytest.approx(10 * truth)
    assert value(lake, "period_downloads", span(21, 30)) == pytest.approx(10 * truth)
    assert value(lake, "period_downloads", span(11, 30)) == pytest.approx(20 * truth)


def test_a_weekend_is_no_stall(lake: Lake, tmp_path: Path) -> None:
    repos = [
        Told(
            f"a/{number}",
            d_all=[1000 + 10 * i - (3 if day(i).isoweekday() > 5 else 0) for i in range(50)],
        )
        for number in range(60)
    ]
    write(lake, repos, tmp_path)
    assert rows_of(lake, "anomalies", "50d")["stall days"].value == 0


def test_a_day_without_a_snapshot_is_bridged(lake: Lake, tmp_path: Path) -> None:
    gap = frozenset(range(20, 27))
    repos = [steady(f"a/{n}", 10 * n, 50) for n in range(1, 40)]
    for repo in repos:
        repo.silent = gap
    write(lake, repos, tmp_path)
    truth = sum(10 * n for n in range(1, 40))
    assert value(lake, "period_downloads", span(10, 22)) == pytest.approx(13 * truth)


def test_a_counter_that_falls_adds_nothing_for_the_fall(lake: Lake, tmp_path: Path) -> None:
    # 100 a day, a correction of 3,000 on day 30, then 100 a day again.
    corrected = [5000 + 100 * i - (3000 if i >= 30 else 0) for i in range(60)]
    # Nearly nothing is left after the fall, and it comes back beyond where it was.
    reset = [100 * i if i < 30 else 500 * (i - 30) for i in range(60)]
    write(lake, [Told("a/corrected", d_all=corrected), Told("a/reset", d_all=reset)], tmp_path)
    rows = rows_of(lake, "period_downloads", span(20, 39), by="author")
    # The day of the fall shows no gain: nineteen days of 100, and 10 days of 100 and 9 of 500.
    assert rows["a"].value == pytest.approx(19 * 100 + 10 * 100 + 9 * 500)
    falls = rows_of(lake, "anomalies", span(20, 59))["counter fall"]
    assert falls.value == 2


def test_a_back_fill_is_capped_and_flagged(lake: Lake, tmp_path: Path) -> None:
    jump = [1000 + 100 * i + (2_000_000 if i >= 50 else 0) for i in range(60)]
    steadily = [1000 + 100 * i for i in range(60)]
    repos = [
        Told("a/jump", d_all=jump, d30=[3000] * 60, likes=[5] * 60),
        Told("a/other", d_all=steadily, d30=[3000] * 60, likes=[5] * 60),
    ]
    write(lake, repos, tmp_path)
    assert value(lake, "period_downloads", span(40, 59)) == 2000 + 3000
    flagged = rows_of(lake, "anomalies", "30d", by="repo")
    assert "back-fill jump / a/jump" in flagged
    assert "back-fill jump / a/other" not in flagged


def test_a_renamed_repo_keeps_its_history(lake: Lake, tmp_path: Path) -> None:
    series = [1000 + 10 * i for i in range(60)]
    old = Told("a/old", d_all=series[:30])
    new = Told("a/new", d_all=series, silent=frozenset(range(30)), formerly="a/old")
    write(lake, [old, new, steady("b/z", 1, 60)], tmp_path)
    rows = rows_of(lake, "period_downloads", span(20, 39), by="author")
    assert rows["a"].value == 200
    assert rows["a"].n == 1


def test_what_was_removed_counts_while_it_was_there(lake: Lake, tmp_path: Path) -> None:
    gone = Told("a/gone", d_all=[1000 + 10 * i for i in range(60)], removed=day(30))
    write(lake, [gone, steady("b/z", 1, 60)], tmp_path)
    (row,) = Measures(lake).metric("period_downloads", window=span(20, 39))
    assert row.n == 2
    (row,) = Measures(lake).metric("period_downloads", window=span(31, 59))
    assert row.n == 1


def test_thirty_day_counters_add_up_to_ninety_days(lake: Lake, tmp_path: Path) -> None:
    chance = random.Random(3)
    truth = [chance.randint(0, 200) for _ in range(200)]
    counters = [sum(truth[max(0, i - 29) : i + 1]) for i in range(200)]
    write(lake, [Told("a/x", d30=counters)], tmp_path)
    assert value(lake, "period_downloads", "90d") == sum(truth[110:])
    assert value(lake, "period_downloads", "30d") == sum(truth[170:])


def test_days_are_made_of_thirty_day_counters(lake: Lake, tmp_path: Path) -> None:
    # Even before the first counter, as is assumed; then a jump and a slow fall.
    truth = [100] * 30 + [100 if i < 40 else 1000 - 5 * i for i in range(120)]
    counters: list[int | None] = [sum(truth[i - 29 : i + 1]) for i in range(29, 150)]
    # Another repo changes every day: what is written on change alone has no row of a quiet day.
    clock: list[int | None] = [i % 2 for i in range(121)]
    write(lake, [Told("a/x", d30=counters), Told("b/clock", d30=clock)], tmp_path)
    for window, days in (("7d", 7), ("45d", 45)):
        rows = rows_of(lake, "period_downloads", window, by="author")
        assert rows["a"].value == pytest.approx(sum(truth[-days:]), rel=1e-6)


def fading(half: float, days: int, peak: float = 200.0, start: int = 0) -> list[int | None]:
    """Likes of a repo launched on day `start` that get half as many after every `half` days."""
    total, series = 0.0, list[int | None]()
    for i in range(days):
        total += peak * 2 ** (-(i - start) / half) if i >= start else 0
        series.append(round(total) if i >= start else None)
    return series


@pytest.mark.parametrize("half", [8.0, 15.0, 30.0])
def test_half_life_of_likes(lake: Lake, tmp_path: Path, half: float) -> None:
    chance = random.Random(int(half))
    repos = []
    for number in range(80):
        start = chance.randint(3, 60)
        own = half * chance.lognormvariate(0, 0.2)
        repos.append(Told(f"a/{number}", likes=fading(own, 150, 200, start), created=day(start)))
    # One that only begins, so that the first day is nobody's launch.
    repos.append(Told("a/old", likes=[7 + i % 2 for i in range(150)]))
    write(lake, repos, tmp_path)
    rows = rows_of(lake, "half_life", "150d")
    found = rows["likes / median"]
    assert found.n >= 80
    # Smoothing and waiting for three days in a row add up to two days.
    assert found.value == pytest.approx(half, abs=max(2.0, 0.15 * half))
    assert found.lo is not None
    assert found.hi is not None
    assert found.lo <= (found.value or 0) <= found.hi


def test_half_life_of_what_was_not_seen_from_its_launch_nor_to_its_end(
    lake: Lake, tmp_path: Path
) -> None:
    """Half were launched before anybody looked, many others too late to be seen through."""
    half, days = 30.0, 60
    chance = random.Random(5)
    repos = []
    for number in range(160):
        start = chance.randint(-60, 50)
        own = half * chance.lognormvariate(0, 0.3)
        series = [None] * max(0, start) + fading(own, days - start, 300)[max(0, -start) :]
        unseen = frozenset(range(max(0, start)))
        repos.append(Told(f"a/{number}", likes=series, created=day(start), silent=unseen))
    write(lake, repos, tmp_path)
    found = rows_of(lake, "half_life", f"{days}d")["likes / median"]
    assert found.coverage is not None
    assert found.coverage < 0.8
    # The same two days of smoothing; without late entries it comes out at 29.
    assert found.value == pytest.approx(half + 2, abs=1.5)


def test_stays_on_the_list(lake: Lake, tmp_path: Path) -> None:
    """Thirty places; each of the others' stays is planted."""
    days, chance = 120, random.Random(9)
    scores: dict[str, list[float | None]] = {}
    for number in range(28):
        scores[f"a/always-{number}"] = [1000.0 + number] * days
    lengths = [4, 6, 8, 10, 12]
    truth = []
    for lane in range(2):
        at = 2
        while at < days:
            length = chance.choice(lengths)
            series: list[float | None] = [0.0] * days
            for i in range(at, min(days, at + length)):
                series[i] = 500.0
            scores[f"b/{lane}-{at}"] = series
            if at + length < days:
                truth.append(length)
            at += length
    write(lake, [Told(name, trending=series) for name, series in scores.items()], tmp_path)
    rows = rows_of(lake, "half_life", f"{days}d")
    found = rows["trending / median"]
    truth.sort()
    assert found.value == pytest.approx(truth[len(truth) // 2], abs=2)
    # Those there from the first day did not enter.
    assert found.n == pytest.approx(len(truth), abs=2)


def test_newcomers_and_those_who_are_back(lake: Lake, tmp_path: Path) -> None:
    days = 60
    always = [Told(f"a/{n}", trending=[900.0 - n] * days) for n in range(28)]
    back: list[float | None] = [800.0 if i < 20 or i >= 50 else 0.0 for i in range(days)]
    new: list[float | None] = [1000.0 if i >= 55 else None for i in range(days)]
    repos = [*always, Told("b/back", trending=back)]
    repos.append(Told("c/new", trending=new, created=day(54)))
    # Nothing new, though it was never seen there before.
    late: list[float | None] = [700.0 if 48 <= i < 53 else 0.0 for i in range(days)]
    repos.append(Told("d/late", trending=late))
    write(lake, repos, tmp_path)
    rows = rows_of(lake, "newcomers", "14d", by="repo")
    assert set(rows) == {"new / c/new", "again / b/back", "again / d/late"}
    assert rows_of(lake, "newcomers", "14d")["new"].value == 1


def test_a_mover_is_found_among_noise(lake: Lake, tmp_path: Path) -> None:
    chance = random.Random(11)

    def noisy(rate: float, last: float = 1.0) -> list[int | None]:
        total, series = 100_000, list[int | None]()
        for i in range(60):
            spread = rate * chance.lognormvariate(0, 0.15) * (last if i >= 53 else 1)
            total += round(spread)
            series.append(total)
        return series

    repos = [Told(f"a/{n}", d_all=noisy(chance.uniform(200, 5000))) for n in range(300)]
    repos += [Told("b/rose", d_all=noisy(1000, 5.0)), Told("b/fell", d_all=noisy(1000, 0.2))]
    write(lake, repos, tmp_path)
    rows = rows_of(lake, "movers", "28d")
    assert {"b/rose", "b/fell"} <= set(rows)
    # At a false discovery rate of 10 % a few others may be there.
    assert len(rows) <= 8
    assert rows["b/rose"].value == pytest.approx(math.log(5), abs=0.3)
    assert (rows["b/fell"].value or 0) < -1


def test_the_marks_of_build_machines(lake: Lake, tmp_path: Path) -> None:
    days = 60

    def weekly(workday: int, weekend: int) -> list[int | None]:
        total, series = 0, list[int | None]()
        for i in range(days):
            total += weekend if day(i).isoweekday() > 5 else workday
            series.append(total)
        return series

    repos = [
        Told(f"a/{n}", d_all=weekly(1000 + n, 900 + n), likes=[100] * days, task="fill-mask")
        for n in range(40)
    ]
    repos += [
        Told("ci/used-in-tests", d_all=weekly(9000, 100), likes=[1] * days, task="fill-mask"),
        Told("ci/tiny-random-bert", d_all=weekly(3, 3), likes=[0] * days, task="fill-mask"),
    ]
    write(lake, repos, tmp_path)
    rows = rows_of(lake, "anomalies", "30d", by="repo")
    assert {name for name in rows if name.startswith("CI")} == {
        "CI signature / ci/used-in-tests",
        "CI signature / ci/tiny-random-bert",
    }


def test_likes_that_nobody_follows_up(lake: Lake, tmp_path: Path) -> None:
    bought: list[int | None] = [0] * 40 + [80] * 20
    earned: list[int | None] = [0] * 40 + [80] * 20
    repos = [
        Told("a/bought", likes=bought, d_all=[3] * 60),
        Told("a/earned", likes=earned, d_all=[30 * i for i in range(60)]),
    ]
    write(lake, repos, tmp_path)
    rows = rows_of(lake, "anomalies", "30d", by="repo")
    assert "like burst / a/bought" in rows
    assert "like burst / a/earned" not in rows


def test_trending_scores(lake: Lake, tmp_path: Path) -> None:
    days = 60
    burst: list[int | None] = [10 + (70 if i >= 58 else 0) for i in range(days)]
    old_burst: list[int | None] = [10 + (70 if i >= 54 else 0) for i in range(days)]
    usual: list[int | None] = [30 * i for i in range(days)]
    likes = {"a/burst": burst, "a/older": old_burst, "a/usual": usual}
    write(lake, [Told(name, likes=series) for name, series in likes.items()], tmp_path)
    hub = rows_of(lake, "trending_hub", "7d")
    assert {name: row.value for name, row in hub.items()} == {
        "a/burst": 70,
        "a/older": 70,
        "a/usual": 210,
    }
    pulse = rows_of(lake, "trending_pulse", "7d")

    def expected(likes: dict[int, float]) -> float:
        """By likes of so many days ago; each at its noon, of the six weeks that all were seen."""
        weights = [2 ** (-(age + 0.5) / 14) for age in range(42)]
        usual = 7 * sum(count * weights[age] for age, count in likes.items()) / sum(weights)
        week = sum(count for age, count in likes.items() if age < 7)
        return usual * (week + 5) / (usual + 5)

    assert pulse["a/burst"].value == pytest.approx(expected({1: 70}))
    assert pulse["a/older"].value == pytest.approx(expected({5: 70}))
    assert pulse["a/usual"].value == pytest.approx(210)
    assert all(row.lo < row.value < row.hi for row in pulse.values())
    surprise = rows_of(lake, "trending_surprise", "7d")
    assert surprise["a/burst"].value == pytest.approx(math.log((70 + 5) / (0 + 5)))
    assert surprise["a/usual"].value == pytest.approx(math.log((210 + 5) / (210 + 5)))


def test_few_likes_say_little_and_a_new_repo_is_not_held_to_what_it_had_before(
    lake: Lake, tmp_path: Path
) -> None:
    two_more: list[int | None] = [40] * 58 + [42] * 2
    always: list[int | None] = [i // 7 for i in range(60)]
    young: list[int | None] = [None] * 52 + [15 * i for i in range(8)]
    repos = [
        Told("a/two-more", likes=two_more),
        Told("a/always", likes=always),
        Told("a/young", likes=young, created=day(52)),
    ]
    write(lake, repos, tmp_path)
    found = rows_of(lake, "trending_pulse", "7d")
    # Two likes in a week after none for five are worth less than one in each of six.
    assert found["a/always"].value > found["a/two-more"].value
    assert found["a/young"].value == pytest.approx(105, rel=0.02)
    hub = rows_of(lake, "trending_hub", "7d")
    assert hub["a/two-more"].value > hub["a/always"].value


def test_velocity_and_its_interval(lake: Lake, tmp_path: Path) -> None:
    chance = random.Random(2)
    likes, total = list[int | None](), 0
    for _ in range(60):
        total += sum(chance.random() < 0.5 for _ in range(8))
        likes.append(total)
    write(lake, [Told("a/x", likes=likes, d_all=[40 * i for i in range(60)])], tmp_path)
    rows = rows_of(lake, "velocity", "30d")
    assert rows["downloads a day over 7 d"].value == 40
    found = rows["likes a day over 28 d"]
    assert found.lo is not None
    assert found.hi is not None
    assert found.lo < 4 < found.hi


def test_data_sets_by_year(lake: Lake, tmp_path: Path) -> None:
    def born(count: int, year: int, task: str, gone: int = 0) -> list[Told]:
        return [
            Told(
                f"{task}-{n % 7}/{year}-{n}",
                d_all=[1] * 10,
                created=date(year, 3, 1) + timedelta(n % 300),
                removed=day(5) if n < gone else None,
                task=task,
            )
            for n in range(count)
        ]

    repos = born(11, 2024, "robotics") + born(270, 2025, "robotics", gone=20)
    repos += born(50, 2025, "text-generation")
    write(lake, repos, tmp_path, kind="dataset")
    measures = Measures(lake)
    rows = {
        (row.dimension, row.window_start.year): row
        for row in measures.metric("dataset_growth", "year", "dataset", "2024-01-01..2025-12-31")
    }
    assert rows["robotics", 2024].value == 11
    assert rows["robotics", 2025].value == 250
    assert rows["text", 2025].denominator == 300
    year = {
        row.dimension: row
        for row in measures.metric("dataset_growth", window="2025", universe="dataset")
    }
    assert year["robotics / flow"].value == 250
    assert year["robotics / gross flow"].value == 270
    assert year["robotics / stock"].value == 281
    assert year["robotics / authors"].value == 7


def test_adoption_against_the_first_ten(lake: Lake, tmp_path: Path) -> None:
    days = 150

    def launched(name: str, start: int, a_day: int) -> Told:
        series: list[int | None] = [
            a_day * (i - start + 1) if i >= start else None for i in range(days)
        ]
        return Told(name, d_all=series, created=day(start), parameters=7_000_000_000)

    # 31 days old on day 30 at 100, 200, ..., 1,500 a day: the tenth has 600 a day.
    repos = [launched(f"a/{n}", 0, 100 * n) for n in range(1, 16)]
    repos.append(launched("b/new", 110, 1200))
    write(lake, repos, tmp_path)
    rows = rows_of(lake, "adoption_score", f"{day(0)}..{day(149)}")
    new = rows["b/new / 30 d / v2"]
    assert new.value == pytest.approx(2.0)
    assert new.denominator == 600 * 31
    assert rows["b/new / 30 d / v1"].value == pytest.approx(1200 / 1050)
