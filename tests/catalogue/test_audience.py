"""How many people downloaded something, and how many machines did, without keeping who."""

import pytest

from catalogue.test_downloads import World, world
from hearthub.catalogue.audience import is_build_machine
from hearthub.catalogue.downloads import DAY_MS

__all__ = ["world"]
CI = "unknown/None; hf_hub/2.4.0; python/3.12.3; is_ci/true"


def day_of(world: World, repo: int) -> tuple[int, int, int | None]:
    """Downloads of the first day, those by machines, and by how many addresses."""
    row = world.db.one(
        "select downloads, by_machines, downloaders from download_day "
        "where repo_id = :repo and day = 20000",
        repo=repo,
    )
    assert row
    return row.downloads, row.by_machines, row.downloaders


def ask(world: World, repo: int, caller: str, agent: str = "curl/8") -> None:
    world.downloads.note(repo, "model", "config.json", caller, agent)
    world.downloads.flush()


def test_addresses_are_counted_once_when_the_day_is_over(world: World) -> None:
    repo = world.repo(1, "config.json")
    for number in (1, 2, 3, 2, 1):
        ask(world, repo, f"192.0.2.{number}")
    assert day_of(world, repo) == (5, 0, None)
    world.now += DAY_MS
    world.downloads.flush()
    assert day_of(world, repo) == (5, 0, 3)


def test_a_restart_within_the_day_knows_who_was_there(world: World) -> None:
    repo = world.repo(1, "config.json")
    ask(world, repo, "192.0.2.1")
    world.__post_init__()  # the process starts again
    world.downloads.flush()
    ask(world, repo, "192.0.2.1")
    world.now += DAY_MS
    world.downloads.flush()
    assert day_of(world, repo) == (2, 0, 1)


def test_nothing_of_an_address_is_left_after_the_day(world: World) -> None:
    repo = world.repo(1, "config.json")
    ask(world, repo, "192.0.2.1")
    first = world.db.value("select salt from day_salt")
    assert world.db.value("select count(*) from downloader_day") == 1
    assert "192.0.2.1" not in "\n".join(world.db._driver().iterdump())
    world.now += DAY_MS
    world.downloads.flush()
    assert world.db.value("select count(*) from downloader_day") == 0
    assert [row.day for row in world.db.all("select day from day_salt")] == [20_001]
    assert world.db.value("select salt from day_salt") != first


def test_the_same_address_has_another_hash_the_next_day(world: World) -> None:
    audience = world.downloads._audience
    assert audience.hashed(1, "192.0.2.1") == audience.hashed(1, "192.0.2.1")
    assert audience.hashed(1, "192.0.2.1") != audience.hashed(2, "192.0.2.1")


def test_machines_are_told_apart(world: World) -> None:
    repo = world.repo(1, "config.json")
    ask(world, repo, "192.0.2.1", CI)
    ask(world, repo, "192.0.2.2")
    assert day_of(world, repo) == (2, 1, None)


@pytest.mark.parametrize(
    ("agent", "is_machine"),
    [
        (CI, True),
        ("GitHub-Actions/1.0", True),
        ("Jenkins-HttpClient", True),
        ("hf_hub/2.4.0; python/3.12.3; torch/2.13.0", False),
        ("Mozilla/5.0 (X11; Linux) Acidic/1.0", False),
        ("", False),
        ("x" * 10_000_000 + " is_ci/true", False),
    ],
)
def test_build_machines_name_themselves(agent: str, is_machine: bool) -> None:
    assert is_build_machine(agent) is is_machine


def test_the_last_of_a_day_are_counted_with_it(world: World) -> None:
    repo = world.repo(1, "config.json")
    for number in range(2):
        world.downloads.note(repo, "model", "config.json", f"192.0.2.{number}", CI)
    world.now += DAY_MS
    world.downloads.flush()
    assert day_of(world, repo) == (2, 2, 2)
    assert world.db.value("select count(*) from downloader_day") == 0
    assert world.downloads.last_closed() == 19_999, "others may write theirs yet"
    world.now += 5 * 60_000
    assert world.downloads.last_closed() == 20_000


def test_a_day_is_open_while_its_addresses_are_not_counted(world: World) -> None:
    repo = world.repo(1, "config.json")
    ask(world, repo, "192.0.2.1")
    world.now += 3 * DAY_MS
    assert world.downloads.last_closed() == 19_999
    world.downloads.flush()
    assert world.downloads.last_closed() == 20_001
