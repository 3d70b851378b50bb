"""What an account uses: a large file that several of its repos have counts once."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from hearthub.errors import OverQuota
from hearthub.registry import Repo
from hearthub.storage.garbage import CLAIM_GRACE_MS, Tally
from registry.shelf import Shelf, open_shelf

FILES = [bytes([number]) * (1000 + number) for number in range(6)]


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    with open_shelf(tmp_path) as found:
        yield found


def used(shelf: Shelf, name: str = "alice") -> int:
    account = shelf.hub.accounts.account(name)
    assert account
    return shelf.hub.registry.used_by(account.id)


def counted(shelf: Shelf, name: str) -> int:
    """The same, by looking at every row: git objects of each repo, and each large file once."""
    db, account = shelf.hub.db, shelf.hub.accounts.account(name)
    assert account
    repos = [row.id for row in db.all("select id from repo where owner_id = :o", o=account.id)]
    files: dict[str, int] = {}
    git = 0
    for repo in repos:
        rows = db.all("select sha256, size from lfs_object where repo_id = :r", r=repo)
        files |= {row.sha256: row.size for row in rows}
        git += db.value("select used_storage from repo where id = :r", r=repo)
        git -= shelf.hub.storage.used(repo)
    return git + sum(files.values())


def test_each_step(shelf: Shelf) -> None:
    registry, alice, data = shelf.hub.registry, shelf.actor(), b"weights" * 10_000
    one, two = shelf.repo("alice/one"), shelf.repo("alice/two")
    empty = used(shelf)
    sha256 = shelf.upload(one, data)
    shelf.upload(two, data)
    shelf.upload(two, data)
    assert used(shelf) == empty + len(data)
    copy = registry.copies.duplicate(alice, two, "alice/copy")
    shelf.large(copy, "a.bin", data)
    assert used(shelf) == counted(shelf, "alice")
    registry.move(alice, "model", "alice/one", "acme/one")
    assert used(shelf, "acme") == len(data)
    registry.lfs_files.delete(alice, two, [sha256], rewrite=True)
    assert used(shelf) == counted(shelf, "alice") > len(data)
    registry.move(alice, "model", "acme/one", "alice/one")
    assert used(shelf, "acme") == 0
    registry.delete(alice, "model", "alice/copy")
    assert used(shelf) == counted(shelf, "alice") > len(data)
    registry.delete(alice, "model", "alice/one")
    assert used(shelf) == counted(shelf, "alice") < len(data)


def test_what_is_collected(shelf: Shelf) -> None:
    """Claims that no commit names go after a week, from one repo and then the other."""
    repos = [shelf.repo("alice/one"), shelf.repo("alice/two")]
    for repo in repos:
        shelf.hub.registry.measure({"repo_id": repo.id})
    empty = used(shelf)
    for repo in repos:
        sha256 = shelf.upload(repo, FILES[0])
    for repo, left in zip(repos, (len(FILES[0]), 0), strict=True):
        shelf.hub.db.execute(
            "update lfs_object set unused = 1 where repo_id = :r and sha256 = :s",
            r=repo.id,
            s=sha256,
        )
        tally = Tally(CLAIM_GRACE_MS + 2)
        shelf.hub.storage.garbage.collect_claims(repo.id, tally, no_names, no_names)
        assert tally.kinds["claims"].removed == 1
        registry = shelf.hub.registry
        registry.measure({"repo_id": repo.id})
        assert used(shelf) == counted(shelf, "alice") == empty + left


def no_names(_sha256s: list[str]) -> set[str]:
    return set()


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_done(shelf: Shelf, seed: int) -> None:
    chosen, registry, alice = random.Random(seed), shelf.hub.registry, shelf.actor()
    repos: dict[str, Repo] = {}
    for number in range(40):
        name = f"{chosen.choice(['alice', 'acme'])}/r{number}"
        act = chosen.choice(["make", "upload", "upload", "upload", "drop", "move", "copy", "go"])
        one = repos[chosen.choice(sorted(repos))] if repos else None
        if act == "make" or one is None:
            repos[name] = shelf.repo(name)
        elif act == "upload":
            shelf.upload(one, chosen.choice(FILES))
        elif act == "drop":
            claims = registry.storage.claims(one.id, "", 10)
            if claims:
                chosen_one = chosen.choice(claims).sha256
                registry.lfs_files.delete(alice, one, [chosen_one], rewrite=False)
        elif act == "move":
            del repos[one.full_name]
            repos[name] = registry.move(alice, "model", one.full_name, name)
        elif act == "copy":
            repos[name] = registry.copies.duplicate(alice, one, name)
            claims = registry.storage.claims(one.id, "", 3)
            registry.copies.share(alice, one, repos[name], [it.sha256 for it in claims])
        else:
            registry.delete(alice, "model", repos.pop(one.full_name).full_name)
        for account in ("alice", "acme"):
            assert used(shelf, account) == counted(shelf, account), (act, number)


def test_many_at_once(tmp_path: Path) -> None:
    """The same and other files into many repos: none counts twice, and the limit holds."""
    limit = 12_000
    with open_shelf(tmp_path, max_namespace_size=limit) as shelf:
        repos = [shelf.repo(f"alice/r{number}") for number in range(4)]

        def fill(number: int) -> None:
            chosen = random.Random(number)
            folder = tmp_path / f"of{number}"
            folder.mkdir()
            mine = Shelf(shelf.hub, folder)
            for _ in range(15):
                with suppress(OverQuota):
                    mine.upload(chosen.choice(repos), chosen.choice(FILES))

        with ThreadPoolExecutor(6) as pool:
            list(pool.map(fill, range(6)))
        assert used(shelf) == counted(shelf, "alice") <= limit
        assert sum(shelf.hub.storage.used(repo.id) for repo in repos) > limit


def test_looks_go_by_indexes(shelf: Shelf) -> None:
    """However much an account, or everybody else, has."""
    owned = "select sha256 from lfs_object where owner_id = 1 and sha256 in ('a', 'b')"
    sized = "select distinct size from lfs_object where owner_id = 1 and size in (1, 2)"
    for sql, wanted in ((owned, "(owner_id=? AND sha256=?)"), (sized, "(owner_id=? AND size=?)")):
        plan = " ".join(row[3] for row in shelf.hub.db.all(f"explain query plan {sql}"))
        assert wanted in plan
