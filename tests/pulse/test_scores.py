"""Scores in lists of observed repos: those of their source, else likes of seven days."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hearthub.app import open_hub
from hearthub.context import Hub
from hearthub.settings import Settings
from pulse.lakes import panel
from pulse.test_showing import ORIGIN, listed, told


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with open_hub(Settings(data=tmp_path / "data")) as hub:
        yield hub


def scores(hub: Hub) -> dict[str, float]:
    return {name: row.counters.trending for name, row in listed(hub).items()}


def test_who_has_no_scores_is_given_ours(hub: Hub, tmp_path: Path) -> None:
    """Likes of seven days; who trends no more has none."""

    def week(first: int, **pace: int) -> None:
        rows = [
            told(f"acme/{name}", day, 10 + likes * (day - first))
            for name, likes in pace.items()
            for day in range(first, first + 10)
        ]
        panel(hub.pulse.lake, tmp_path, rows, origin=ORIGIN)

    week(0, a=3, b=1)
    hub.pulse.show({})
    assert scores(hub) == {"acme/a": 0.0, "acme/b": 0.0}
    hub.pulse.rank({})
    assert scores(hub) == {"acme/a": 21.0, "acme/b": 7.0}
    week(20, b=2)
    hub.pulse.show({})
    hub.pulse.rank({})
    assert scores(hub) == {"acme/a": 0.0, "acme/b": 14.0}


def test_who_has_scores_keeps_them(hub: Hub, tmp_path: Path) -> None:
    rows = [told("acme/a", day, 3 * day, trending=5.5) for day in range(10)]
    rows += [told("acme/b", day, 2 * day) for day in range(10)]
    panel(hub.pulse.lake, tmp_path, rows, origin=ORIGIN)
    for job in (hub.pulse.show, hub.pulse.rank):
        job({})
        assert scores(hub) == {"acme/a": 5.5, "acme/b": 0.0}


def test_a_second_source_of_a_hub_does_not_take_its_scores(hub: Hub, tmp_path: Path) -> None:
    scored = [told("acme/a", day, 3 * day, trending=5.5) for day in range(10)]
    panel(hub.pulse.lake, tmp_path, scored, origin=ORIGIN, source="one")
    plain = [told("acme/b", day, 2 * day) for day in range(12)]
    panel(hub.pulse.lake, tmp_path, plain, origin=ORIGIN, source="two")
    hub.pulse.show({})
    hub.pulse.rank({})
    assert scores(hub) == {"acme/a": 5.5, "acme/b": 0.0}


def test_scores_are_there_after_the_jobs(hub: Hub, tmp_path: Path) -> None:
    rows = [told("acme/a", day, 3 * day) for day in range(10)]
    panel(hub.pulse.lake, tmp_path, rows, origin=ORIGIN)
    hub.jobs.add("pulse.show", {}, key="ingested")
    hub.jobs.run_due()
    assert scores(hub) == {"acme/a": 21.0}
