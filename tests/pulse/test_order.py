"""Whatever the order in which snapshots come, and in whatever pieces: what stands at any time is
what the newest observation up to then said.

The oracle keeps every observation and looks it up; it knows nothing of rows written on change.
"""

import tempfile
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hearthub.lake import Lake
from hearthub.pulse import TABLES
from hearthub.sandbox import Sandbox
from pulse.lakes import panel, rows

START = datetime(2026, 3, 30)  # two months, so that counters lie in several files
REPOS = ("acme/a", "acme/b", "acme/c")
LIKES = st.one_of(st.none(), st.integers(0, 2))


@dataclass(frozen=True)
class Snapshot:
    """A file: by time, what it says of each repo in it."""

    captures: dict[int, dict[str, dict[str, Any]]]
    is_whole: bool

    def rows(self) -> list[dict[str, Any]]:
        return [
            {"id": repo, "observed_at": moment(t).isoformat() + "Z", **said}
            for t, said_of in self.captures.items()
            for repo, said in said_of.items()
        ]


@dataclass
class Oracle:
    snapshots: list[Snapshot]
    seen: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for snapshot in self.snapshots:
            for t, said_of in snapshot.captures.items():
                self.seen |= {(repo, t): said for repo, said in said_of.items()}

    def stands(self, repo: str, t: int, *names: str) -> tuple[Any, ...]:
        times = [at for name, at in self.seen if name == repo and at <= t]
        said = self.seen[repo, max(times)] if times else {}
        return tuple(said.get(name) for name in names)

    def is_there(self, repo: str, t: int) -> bool:
        """By the last that is known: it was seen, said to be gone, or missing in a whole list."""
        known = [
            (at, not said["removed"]) for (name, at), said in self.seen.items() if name == repo
        ]
        known += [
            (at, False)
            for snapshot in self.snapshots
            if snapshot.is_whole
            for at in snapshot.captures
            if (repo, at) not in self.seen
        ]
        return max(((at, there) for at, there in known if at <= t), default=(0, False))[1]


def moment(t: int) -> datetime:
    return START + timedelta(days=t)


@st.composite
def histories(draw: st.DrawFn) -> list[Snapshot]:
    """Files in the order in which they come. No two tell of the same repo at the same time."""
    times = draw(st.permutations(range(draw(st.integers(2, 6)))))
    files = []
    while times:
        many = draw(st.integers(1, min(3, len(times))))
        now, times = times[:many], times[many:]
        is_whole = draw(st.booleans())
        captures = {t: draw(capture()) for t in now}
        if not is_whole and draw(st.booleans()):  # in pieces
            pieces = [{t: {r: said[r] for r in said if r in some} for t, said in captures.items()}
                      for some in (REPOS[:1], REPOS[1:])]  # fmt: skip
            files += [Snapshot(piece, is_whole) for piece in pieces]
        else:
            files.append(Snapshot(captures, is_whole))
    return [file for file in draw(st.permutations(files)) if file.rows()]


@st.composite
def capture(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    repos = draw(st.sets(st.sampled_from(REPOS), min_size=1))
    return {
        repo: {
            "likes": draw(LIKES),
            "downloads_30d": draw(LIKES),
            "license": draw(st.sampled_from([None, "mit", "gpl"])),
            "removed": draw(st.sampled_from([False, False, True])),
        }
        for repo in sorted(repos)
    }


@pytest.fixture(scope="module")
def workers() -> Any:
    sandbox = Sandbox(1)
    yield sandbox
    sandbox.close()


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(history=histories())
def test_what_stands_is_what_was_last_seen(history: list[Snapshot], workers: Sandbox) -> None:
    oracle = Oracle(history)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lake = Lake(folder / "lake", TABLES, workers)
        for snapshot in history:
            done = panel(lake, folder, snapshot.rows(), whole=snapshot.is_whole)
            assert (done.rejected, done.rows) == (0, len(snapshot.rows()))
        check(lake, oracle)


def check(lake: Lake, oracle: Oracle) -> None:
    last = max(t for _, t in oracle.seen) + 1
    for t in range(-1, last + 1):
        found = {row["id"]: row for row in rows(lake, AS_OF, now=moment(t))}
        for repo in {repo for repo, _ in oracle.seen}:
            row = found[repo]
            assert (row["likes"], row["d30"]) == oracle.stands(repo, t, "likes", "downloads_30d")
            assert (row["license"],) == oracle.stands(repo, t, "license")
            assert row["is_there"] == oracle.is_there(repo, t)
    for row in rows(lake, "select * from repo"):
        times = [t for repo, t in oracle.seen if repo == row["id"]]
        there = [t for t in times if not oracle.seen[row["id"], t]["removed"]]
        assert row["first_seen"] == moment(min(times))
        assert row["last_seen"] == (moment(max(there)) if there else None)
        assert (row["removed_at"] is None) == oracle.is_there(row["id"], last)
    for table in ("counter", "state"):
        twice = f'select repo_id from {table} group by repo_id, "at" having count(*) > 1'
        assert rows(lake, twice) == []


AS_OF = """
select r.id,
  (select likes from counter c where c.repo_id = r.repo_id and c."at" <= $now
   order by c."at" desc limit 1) as likes,
  (select d30 from counter c where c.repo_id = r.repo_id and c."at" <= $now
   order by c."at" desc limit 1) as d30,
  (select license from state s where s.repo_id = r.repo_id and s."at" <= $now
   order by s."at" desc limit 1) as license,
  coalesce((select is_there from presence p where p.repo_id = r.repo_id and p."at" <= $now
   order by p."at" desc, p.is_there desc limit 1), false) as is_there
from repo r"""


def test_rows_are_written_where_something_changed(lake: Lake, tmp_path: Path) -> None:
    for t, likes in enumerate((1, 1, 1, 2, 2)):
        panel(lake, tmp_path, [said("acme/a", t, likes)], whole=True)
    found = rows(lake, 'select "at", likes from counter order by "at"')
    assert [(row["at"], row["likes"]) for row in found] == [(moment(0), 1), (moment(3), 2)]


def test_a_late_snapshot_makes_the_next_one_say_that_nothing_had_changed(
    lake: Lake, tmp_path: Path
) -> None:
    for t, likes in ((0, 5), (4, 5), (2, 7)):
        panel(lake, tmp_path, [said("acme/a", t, likes)], whole=True)
    found = rows(lake, 'select "at", likes from counter order by "at"')
    assert [row["likes"] for row in found] == [5, 7, 5]
    assert found[-1]["at"] == moment(4)


def test_a_removed_repo_that_comes_back_is_there_again(lake: Lake, tmp_path: Path) -> None:
    both = [said("acme/a", 0, 1), said("acme/b", 0, 1)]
    panel(lake, tmp_path, both, whole=True)
    panel(lake, tmp_path, [said("acme/a", 1, 1)], whole=True)
    assert removed(lake) == {"acme/a": None, "acme/b": moment(1)}
    panel(lake, tmp_path, [said("acme/a", 2, 1), said("acme/b", 2, 1)], whole=True)
    assert removed(lake) == {"acme/a": None, "acme/b": None}


def test_who_is_missing_in_part_of_a_list_is_not_gone(lake: Lake, tmp_path: Path) -> None:
    panel(lake, tmp_path, [said("acme/a", 0, 1), said("acme/b", 0, 1)])
    panel(lake, tmp_path, [said("acme/a", 1, 1)])
    assert removed(lake) == {"acme/a": None, "acme/b": None}


def said(repo: str, t: int, likes: int) -> dict[str, Any]:
    return {"id": repo, "observed_at": moment(t).isoformat() + "Z", "likes": likes}


def removed(lake: Lake) -> dict[str, datetime | None]:
    return {row["id"]: row["removed_at"] for row in rows(lake, "select * from repo")}
