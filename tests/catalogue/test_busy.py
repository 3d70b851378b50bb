"""While a rebuild holds the catalogue: nobody waits for it who need not, and nothing is lost."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from threading import Event, Thread

import pytest

from catalogue.shelves import actors, create, find, observed, settle, write_card
from hearthub.context import Hub
from hearthub.db import DatabaseError
from hearthub.registry import CommitHeader, PutFile, Repo


@pytest.fixture
def hub(own_hub: Hub) -> Hub:
    return own_hub


@contextmanager
def rebuilding(hub: Hub) -> Iterator[None]:
    """A rebuild in another thread of this process, in its middle until the block ends."""
    begun, go_on = Event(), Event()

    def hold(_done: int) -> None:
        begun.set()
        assert go_on.wait(60)

    thread = Thread(target=hub.catalogue.rebuild, args=(hold,))
    thread.start()
    assert begun.wait(60)
    try:
        yield
    finally:
        go_on.set()
        thread.join(60)


@contextmanager
def held_by_another(hub: Hub) -> Iterator[None]:
    """As another process's rebuild holds the catalogue; this one waits for a moment only."""
    hub.catalogue_db.value("pragma busy_timeout = 50")
    with closing(sqlite3.connect(hub.settings.data / "catalogue.db")) as other:
        other.execute("begin immediate")
        yield
        other.rollback()


HELD = pytest.mark.parametrize("hold", [rebuilding, held_by_another])
Hold = Callable[[Hub], "contextmanager[None]"]


def model(hub: Hub, name: str) -> Repo:
    repo = create(hub, name, "wombat")
    change = [PutFile("config.json", b"{}")]
    hub.registry.commit(hub.accounts.actor("root"), repo, "main", CommitHeader("config"), change)
    return repo


def shown(hub: Hub, repo: Repo) -> int:
    return hub.catalogue.counters([repo])[repo.id].downloads


@HELD
def test_downloads_are_written_and_shown_later(hub: Hub, hold: Hold) -> None:
    repo = model(hub, "acme/one")
    settle(hub)
    with hold(hub):
        hub.catalogue.downloads.note(repo.id, "model", "config.json", "192.0.2.1")
        hub.catalogue.write_downloads()
        assert hub.catalogue.downloads.totals([repo.id]) == {repo.id: (1, 1)}
        if hold is held_by_another:
            with pytest.raises(DatabaseError):
                hub.catalogue.show_downloads()
        else:
            hub.catalogue.show_downloads()
        assert shown(hub, repo) == 0
    hub.catalogue.show_downloads()
    assert shown(hub, repo) == 1


@HELD
def test_jobs_come_back_soon(hub: Hub, hold: Hold) -> None:
    repo = model(hub, "acme/one")
    settle(hub)
    with hold(hub):
        write_card(hub, repo, "numbat")
        hub.community.like(actors(hub)["charlie"], repo)
        settle(hub)  # none has failed, and none has waited
        assert find(hub, "numbat") == []
    waiting = hub.db.all("select name from job where state = 'waiting' and attempts = 0")
    assert {"catalogue.refresh", "catalogue.recount"} <= {row.name for row in waiting}
    hub.db.execute("update job set run_at = 0 where name like 'catalogue.re%' and key <> name")
    settle(hub)
    assert find(hub, "numbat") == ["acme/one"]


def test_who_waited_to_write_writes_what_is_so_by_then(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between reading a repo and writing its listing it was closed and downloaded."""
    repo = model(hub, "acme/one")
    read = hub.catalogue._read

    def slowly(*args):
        facts = read(*args)
        hub.registry.change_settings(
            actors(hub)["root"], "model", repo.full_name, visibility="private"
        )
        hub.catalogue.downloads.note(repo.id, "model", "config.json", "192.0.2.1")
        hub.catalogue.write_downloads()
        hub.catalogue.show_downloads()
        return facts

    monkeypatch.setattr(hub.catalogue, "_read", slowly)
    hub.catalogue.refresh({"repo_id": repo.id})
    assert hub.catalogue.tags("model") == []
    assert shown(hub, repo) == 1


def test_a_damaged_repo_stops_no_count(hub: Hub) -> None:
    broken, whole = model(hub, "acme/broken"), model(hub, "acme/whole")
    hub.objects_db.execute("update obj set z = x'00' where repo_id = :id", id=broken.id)
    for repo in (broken, whole):
        hub.catalogue.downloads.note(repo.id, "model", "config.json", "192.0.2.1")
    hub.catalogue.write_downloads()
    assert hub.catalogue.downloads.totals([whole.id]) == {whole.id: (1, 1)}


def test_a_rebuild_keeps_nothing_for_its_end(hub: Hub) -> None:
    """It is one transaction over millions of listings."""
    hub.catalogue.observe(observed(f"far/{n}", tags=[f"only-{n}"]) for n in range(1100))
    kept: list[int] = []
    hub.catalogue.rebuild(lambda _: kept.append(len(vars(hub.catalogue_db)["_local"].after)))
    assert len(kept) >= 3
    assert set(kept) == {0}
    assert hub.catalogue_db.value("pragma cache_size") == -16384


def test_commands_need_not_wait(hub: Hub) -> None:
    """Those that open the whole hub."""
    with held_by_another(hub):
        words = [sys.executable, "-m", "hearthub", "gc", "--dry-run", "--data"]
        subprocess.run([*words, str(hub.settings.data)], check=True, timeout=25)
