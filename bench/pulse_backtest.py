"""How well each sort of trending tells next week's movers: `python -m bench.pulse_backtest`.

On the panels `dome_transformersjs` and `llmfit` of the data kit (HEARTHUB_DATA_KIT), taken in by
the product. At each cut-off T, a week after the one before, the lake is cut back to what it had at
the end of T, and each sort ranks by that alone. The truth is the week after:

    movers by likes       the k repos that gained most likes from the end of T to the end of T + 7
    movers by downloads   the same by downloads, as days that are made of 30-day counters have them

of the repos that the source listed at both ends, gains above 0 only; who ties with the k-th is one
too. precision@k: listed among the first k and a mover, over k or, where fewer moved, over those.
NDCG@20: each of the first 20 counts log2(1 + its gain) over log2(1 + its rank), as a part of what
the best order would have. T and T + 7 (llmfit: 6 to 8 days later) are days on which the source was
looked at and its counters moved. A capture of llmfit with 0 downloads and 0 likes is a placeholder
of that file, so it is left out.

Intervals: of the mean difference to the plain count, the same weeks drawn again 4,000 times.
"""

import argparse
import math
import os
import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from statistics import fmean

import duckdb

from hearthub.lake import Lake, Session
from hearthub.pulse import TABLES
from hearthub.pulse.framing import open_frame
from hearthub.pulse.ingest import ingest
from hearthub.pulse.metrics.trending import HALF_LIFE, SORTS, listed
from hearthub.pulse.sources import source_of
from hearthub.pulse.sources.incoming import Options
from hearthub.pulse.sources.mapping import Map
from hearthub.sandbox import Sandbox


@dataclass(frozen=True)
class Panel:
    source: str
    file: str
    """In the data kit."""
    select: str
    """Rows as our fields are called, from `{file}`."""
    history: int = 42
    """Days before the first cut-off."""
    slack: int = 0
    """Days by which the week of the truth may be longer or shorter."""


PANELS = (
    Panel(
        "dome",
        "dome_transformersjs/daily_panel.parquet",
        "select id, snapshot_date::timestamp + interval 12 hour as observed_at, "
        "max(downloads)::bigint as downloads_30d, max(likes)::bigint as likes from '{file}' "
        "group by all",
    ),
    Panel(
        "llmfit",
        "llmfit/panel.parquet",
        "select id, committed_at::timestamptz::timestamp as observed_at, "
        "max(downloads) as downloads_30d, max(likes) as likes from '{file}' "
        "group by all having max(downloads) > 0 or max(likes) > 0",
        history=7,
        slack=1,  # it has no capture a day
    ),
)
YEAR = timedelta(days=365)
HALVES = (3.0, 5.0, 7.0, 10.0, 14.0, 21.0, 28.0)
MEASURES = ("precision@10", "precision@20", "NDCG@20")
TRUTHS = ("likes", "downloads")
NEAR = 0.005
"""A half-life that is worse than the best by less is as good; of those the shortest fades first."""
MOST = 200
DRAWS = 4000
DECAYED = """
select any_value(u.id) as id
from day join u using (repo_id)
where not is_removed and day.day > $anchor - 42 and day.day <= $anchor
group by repo_id
having sum(greatest(day.likes, 0)) > 0
order by sum(greatest(day.likes, 0) * pow(2, -(($anchor - day.day) + 0.5) / {half})) desc, id
limit {most}
"""
"""What `pulse` was once: each like counts half after so many days, and that is all."""

Ranks = Mapping[str, Sequence[str]]
"""The first repos by each score."""
Gains = Mapping[str, float]


@dataclass(frozen=True)
class Week:
    """A cut-off: how each score did, by (score, truth, measure)."""

    panel: str
    day: date
    part: str
    found: Mapping[tuple[str, str, str], float]
    ranks: Ranks


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.pulse_backtest", description=__doc__)
    parser.add_argument("--kit", type=Path, default=os.environ.get("HEARTHUB_DATA_KIT"))
    words = parser.parse_args()
    if not words.kit:
        parser.error("say where the data kit is: --kit or HEARTHUB_DATA_KIT")
    weeks = backtest(Path(words.kit), halves=HALVES)
    first = of_part(weeks, "dome, first year")
    parts = dict.fromkeys(week.part for week in weeks)
    print(
        "Half-life of `pulse`, on the first year of dome alone: NDCG@20 by likes; and what a plain"
    )
    print("sum of decayed likes would be ahead of `hub` by in each part")
    for half in HALVES:
        leads = [lead(of_part(weeks, it), f"decay {half:g}", "likes", "NDCG@20") for it in parts]
        plain = "   ".join(f"{gap:+.3f} [{low:+.3f}, {high:+.3f}]" for gap, low, high in leads)
        value = mean(first, f"pulse {half:g}", "likes", "NDCG@20")
        print(f"  {half:>4g} days  {value:.4f}   {plain}")
    print(f"  chosen: {chosen_half(first):g} days; in use: {HALF_LIFE:g} days")
    for part in parts:
        _print_part(part, of_part(weeks, part))
    print(f"\nsupported as the default: {supported(weeks)}")
    return 0


def backtest(
    kit: Path,
    panels: Sequence[Panel] = PANELS,
    halves: Sequence[float] = (),
    wanted: Callable[[Panel, int, date], bool] = lambda _panel, _number, _day: True,
) -> list[Week]:
    """The weeks that are wanted, by panel, number from 0 and day; `pulse` by other half-lives too
    ("pulse 7"), and the plain sum of likes that decay ("decay 7")."""
    weeks: list[Week] = []
    scores = {sort: listed(sort, MOST) for sort in SORTS}
    scores |= {f"pulse {half:g}": listed("pulse", MOST, half) for half in halves}
    scores |= {f"decay {half:g}": DECAYED.format(half=half, most=MOST) for half in halves}
    for panel in panels:
        with tempfile.TemporaryDirectory(prefix="hearthub-bench-") as folder:
            lake = taken_in(kit, panel, Path(folder))
            with lake.reading() as session:
                weeks += _weeks(session, panel, scores, wanted)
    return weeks


def taken_in(kit: Path, panel: Panel, folder: Path) -> Lake:
    """A lake that has this panel alone."""
    path = folder / f"{panel.source}.parquet"
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        select = panel.select.format(file=str(kit / panel.file).replace("'", "''"))
        connection.execute(f"copy ({select}) to '{path}'")
    lake = Lake(folder / "lake", TABLES, Sandbox(1))
    columns = {field: field for field in ("id", "observed_at", "downloads_30d", "likes")}
    now = datetime(2026, 11, 1)
    mapping = Map(source=panel.source, columns=columns)
    ingest(lake, source_of("panel"), Options(now, path, map=mapping))
    return lake


def _weeks(
    session: Session,
    panel: Panel,
    scores: Mapping[str, str],
    wanted: Callable[[Panel, int, date], bool],
) -> Iterator[Week]:
    live = open_frame(session, f"model@{panel.source}", "all").days.live
    truths = _Truths(session)
    _keep_whole(session)
    for number, (day, after) in enumerate(cut_offs(panel, live)):
        if not wanted(panel, number, day):
            continue
        gains = truths.gains(day, after)
        ranks = _ranks(session, panel, day, scores)
        found = {
            (score, truth, measure): value
            for truth in TRUTHS
            for score, ids in ranks.items()
            for measure, value in judged(ids, gains[truth]).items()
        }
        year = "first" if day < live[0] + YEAR else "second"
        part = f"dome, {year} year" if panel.source == "dome" else panel.source
        yield Week(panel.source, day, part, found, ranks)


def cut_offs(panel: Panel, live: Sequence[date]) -> Iterator[tuple[date, date]]:
    """Live days at least a week apart that have another one a week later."""
    day, last, known = live[0] + timedelta(panel.history), live[-1], set(live)
    spans = [7 + shift for shift in sorted(range(-panel.slack, panel.slack + 1), key=abs)]
    while day < last:
        ends = [day + timedelta(span) for span in spans]
        end = next((end for end in ends if end in known), None)
        if day in known and end:
            yield day, end
            day += timedelta(7)
        else:
            day += timedelta(1)


class _Truths:
    """What was gained after a day, of repos that were listed then and at the end."""

    def __init__(self, session: Session) -> None:
        self._session = session
        session.execute("create temp table true_day as from day")
        session.execute(
            "create temp table listed_on as "
            'select distinct repo_id, "at"::date as day from seen where is_there'
        )

    def gains(self, day: date, after: date) -> dict[str, dict[str, float]]:
        rows = self._session.rows(
            """
            with listed as (
                select repo_id from listed_on where day = $day
                intersect select repo_id from listed_on where day = $after
            ),
            stood as (
                select repo_id,
                    arg_max(likes, "at") filter ("at" < $day::date + 1) as before,
                    arg_max(likes, "at") filter ("at" < $after::date + 1) as later
                from every_counter group by repo_id
            ),
            gained as (
                select repo_id, sum(downloads) as downloads from true_day
                where day > $day and day <= $after group by repo_id
            )
            select id, later - before as likes, coalesce(downloads, 0) as downloads
            from listed join every_repo using (repo_id)
            left join stood using (repo_id) left join gained using (repo_id)
            """,
            day=day,
            after=after,
        )
        return {truth: {row["id"]: row[truth] or 0.0 for row in rows} for truth in TRUTHS}


def _keep_whole(session: Session) -> None:
    for table in ("counter", "repo", "snapshot"):
        session.execute(f"create temp table every_{table} as from {table}")


def _ranks(session: Session, panel: Panel, day: date, scores: Mapping[str, str]) -> Ranks:
    """By what the lake had at the end of that day."""
    after = f"timestamp '{day + timedelta(1)}'"
    for table, select in {
        "counter": f'from every_counter where "at" < {after}',
        "repo": f"select * replace (least(last_seen, {after}) as last_seen, case when "
        f"removed_at < {after} then removed_at end as removed_at) "
        f"from every_repo where first_seen < {after}",
        "snapshot": f"select * replace (least(observed_at, {after} - interval 1 second) "
        "as observed_at) from every_snapshot",
    }.items():
        session.execute(f"create or replace temp view {table} as {select}")
    frame = open_frame(session, f"model@{panel.source}", "7d")
    return {
        score: [
            row["id"] for row in session.rows(text.replace("$anchor", f"date '{frame.anchor}'"))
        ]
        for score, text in scores.items()
    }


def judged(ids: Sequence[str], gains: Gains) -> dict[str, float]:
    """How well that order tells those gains, by measure; nothing where nothing was gained."""
    best = sorted((gain for gain in gains.values() if gain > 0), reverse=True)
    if not best:
        return {}
    found = {}
    for k in (10, 20):
        movers = min(k, len(best))
        hits = sum(gains.get(name, 0) >= best[movers - 1] for name in ids[:k])
        found[f"precision@{k}"] = min(1.0, hits / movers)
    ideal = _discounted(best[:20])
    found["NDCG@20"] = _discounted([max(0.0, gains.get(name, 0.0)) for name in ids[:20]]) / ideal
    return found


def _discounted(gains: Sequence[float]) -> float:
    return sum(math.log2(1 + gain) / math.log2(1 + rank) for rank, gain in enumerate(gains, 1))


# -- what follows from it ----------------------------------------------------------------------


def of_part(weeks: Sequence[Week], part: str) -> list[Week]:
    return [week for week in weeks if week.part == part]


def mean(weeks: Sequence[Week], *key: str) -> float:
    return fmean(week.found[key] for week in weeks if key in week.found)


def lead(weeks: Sequence[Week], score: str, truth: str, measure: str) -> tuple[float, float, float]:
    """By how much a score is better than the plain count, with its interval."""
    both = [(week.found.get((score, truth, measure)), week.found.get(("hub", truth, measure)))
            for week in weeks]  # fmt: skip
    gaps = [one - other for one, other in both if one is not None and other is not None]
    chance = random.Random(9)
    drawn = sorted(fmean(chance.choices(gaps, k=len(gaps))) for _ in range(DRAWS))
    return fmean(gaps), drawn[int(0.025 * DRAWS)], drawn[int(0.975 * DRAWS) - 1]


def chosen_half(first: Sequence[Week]) -> float:
    """The half-life that these weeks speak for."""
    found = {half: mean(first, f"pulse {half:g}", "likes", "NDCG@20") for half in HALVES}
    return min(half for half in HALVES if found[half] >= max(found.values()) - NEAR)


def supported(weeks: Sequence[Week]) -> str:
    """The sort that may be the default: better than the plain count in dome's second year by each
    measure, its interval above 0, and by none worse on llmfit; of several the best. Else `hub`."""
    second, other = of_part(weeks, "dome, second year"), of_part(weeks, "llmfit")
    held = ["hub"]
    for score in SORTS:
        is_better = all(lead(second, score, "likes", it)[1] > 0 for it in MEASURES)
        is_worse = any(lead(other, score, "likes", it)[0] < 0 for it in MEASURES)
        if is_better and not is_worse:
            held.append(score)
    return max(held, key=lambda score: mean(second, score, "likes", "NDCG@20"))


def _print_part(part: str, weeks: Sequence[Week]) -> None:
    print(f"\n{part}: {len(weeks)} weeks, {weeks[0].day} to {weeks[-1].day}")
    print(f"  {'movers by':<10} {'measure':<13} {'hub':>6}   "
          + "   ".join(f"{score:>8} and its lead" + " " * 10 for score in SORTS[1:]))  # fmt: skip
    for truth in TRUTHS:
        for measure in MEASURES:
            cells = []
            for score in SORTS[1:]:
                gap, low, high = lead(weeks, score, truth, measure)
                value = mean(weeks, score, truth, measure)
                cells.append(f"{value:8.3f} {gap:+.3f} [{low:+.3f}, {high:+.3f}]")
            plain = mean(weeks, "hub", truth, measure)
            print(f"  {truth:<10} {measure:<13} {plain:6.3f}   " + "   ".join(cells))


if __name__ == "__main__":
    sys.exit(main())
