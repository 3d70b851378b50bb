"""Headers become facts: at once where they are short, else by a job that nobody waits for."""

import hashlib

import pytest

from catalogue.shelves import everything, names, settle
from fit import small_models as small
from hearthub.accounts import ANONYMOUS
from hearthub.app import open_hub
from hearthub.catalogue import Facts, Filter
from hearthub.context import Hub
from hearthub.registry import CommitHeader, DeleteFile, Entry, Operation, PutFile, Registry, Repo
from hearthub.settings import Settings

LLAMA = {"config.json": small.config(), "model.safetensors": small.safetensors()}
GGUF = {f"m-{kind}.gguf": small.gguf(kind) for kind in ("Q8_0", "Q4_K")}
GIB = 2**30


@pytest.fixture
def hub(own_hub: Hub) -> Hub:
    return own_hub


def commit(hub: Hub, repo: Repo, *changes: Operation) -> None:
    root = hub.accounts.actor("root")
    hub.registry.commit(root, repo, "main", CommitHeader("files"), list(changes))


def made(hub: Hub, name: str, files: dict[str, bytes]) -> Repo:
    repo = hub.registry.create(hub.accounts.actor("root"), "model", name)
    commit(hub, repo, *(PutFile(path, data) for path, data in files.items()))
    return repo


def listed(hub: Hub, need: int | None = None) -> list[str]:
    return sorted(names(everything(hub, ANONYMOUS, Filter("model", need=need))))


def facts(hub: Hub, repo: Repo) -> Facts:
    return hub.catalogue.facts(repo)


def refuse(*_: object) -> bytes:
    raise AssertionError("bytes of a file were read")


READ = Registry.read_range


def refuse_weights(self: Registry, repo: Repo, entry: Entry, start: int, end: int) -> bytes:
    assert not entry.path.endswith((".gguf", ".safetensors"))
    return READ(self, repo, entry, start, end)


def test_safetensors_are_read_with_the_commit(hub: Hub) -> None:
    repo = made(hub, "acme/small", LLAMA)
    assert (facts(hub, repo).safetensors or {})["total"] == small.PARAMETERS
    assert hub.catalogue.refresh({"repo_id": repo.id}) is False
    fit = facts(hub, repo).fit or {}
    assert (fit["confidence"], fit["params_total"]) == ("header", small.PARAMETERS)
    assert listed(hub, GIB) == ["acme/small"]
    assert listed(hub, fit["need_bytes"] - 1) == []


def test_gguf_is_listed_first_and_weighed_later(hub: Hub) -> None:
    repo = made(hub, "acme/Small-7B-GGUF", GGUF)
    assert hub.catalogue.refresh({"repo_id": repo.id}) is True
    first = facts(hub, repo)
    assert (first.fit or {})["confidence"] == "name"
    assert (first.fit or {})["params_total"] == 7 * 10**9
    assert listed(hub) == ["acme/Small-7B-GGUF"]
    assert listed(hub, GIB) == []
    settle(hub)
    found = facts(hub, repo)
    fit = found.fit or {}
    assert (fit["confidence"], fit["params_total"]) == ("header", small.GGUF_PARAMETERS)
    assert set(fit["need_by_label"]) == {"Q8_0", "Q4_K"}
    assert (found.gguf or {})["architecture"] == "llama"
    assert listed(hub, GIB) == ["acme/Small-7B-GGUF"]
    assert hub.catalogue.weigh({}) is False


def test_equal_bytes_are_read_once(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    made(hub, "acme/first", GGUF)
    settle(hub)
    monkeypatch.setattr(Registry, "read_range", refuse)
    files = {f"copy-{path}": data for path, data in GGUF.items()}
    other = made(hub, "root/other", files)
    assert hub.catalogue.refresh({"repo_id": other.id}) is False
    assert (facts(hub, other).fit or {})["confidence"] == "header"


def test_a_new_card_forgets_nothing(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = made(hub, "acme/both", LLAMA | GGUF)
    settle(hub)
    before = facts(hub, repo)
    assert before.weighed
    monkeypatch.setattr(Registry, "read_range", refuse_weights)
    commit(hub, repo, PutFile("README.md", b"---\nlicense: mit\n---\n"))
    assert hub.catalogue.refresh({"repo_id": repo.id}) is False
    after = facts(hub, repo)
    assert after.licenses == ["mit"]
    assert (after.fit, after.gguf) == (before.fit, before.gguf)


def test_a_rebuild_reads_no_weights(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = made(hub, "acme/both", LLAMA | GGUF)
    settle(hub)
    before = facts(hub, repo)
    monkeypatch.setattr(Registry, "read_range", refuse)
    hub.catalogue.rebuild()
    assert facts(hub, repo) == before
    monkeypatch.setattr(Registry, "read_range", refuse_weights)
    hub.catalogue_db.execute("update listing_facts set version = 0")  # made by older rules
    hub.catalogue.rebuild()
    assert facts(hub, repo) == before
    assert hub.catalogue.weigh({}) is False


def test_a_rebuild_leaves_what_nobody_read_to_the_job(hub: Hub) -> None:
    repo = made(hub, "acme/Small-7B-GGUF", GGUF)
    settle(hub)
    before = facts(hub, repo)
    hub.catalogue_db.execute("delete from weight_header")
    hub.catalogue_db.execute("update listing_facts set version = 0")
    hub.catalogue.rebuild()
    assert (facts(hub, repo).fit or {})["confidence"] == "name"
    assert hub.catalogue.weigh({}) is False
    assert facts(hub, repo) == before


@pytest.mark.parametrize("data", [b"", b"GGUF", b"GGUF" + b"\xff" * 200, b"\0" * 64])
def test_malformed_weights_end_the_matter(hub: Hub, data: bytes) -> None:
    repo = made(hub, "acme/Broken-7B-GGUF", {"m-Q4_K_M.gguf": data})
    settle(hub)
    fit = facts(hub, repo).fit or {}
    assert (fit["confidence"], fit["apps"]) == ("name", ["llama.cpp", "ollama"])
    assert hub.catalogue.weigh({}) is False
    assert listed(hub) == ["acme/Broken-7B-GGUF"]


def test_weights_that_go_away(hub: Hub) -> None:
    repo = made(hub, "acme/thing", GGUF)
    settle(hub)
    commit(hub, repo, *map(DeleteFile, GGUF))
    settle(hub)
    assert facts(hub, repo).gguf is None
    assert facts(hub, repo).fit == {"confidence": "name"}
    assert listed(hub, 2**60) == []


def test_a_repo_that_is_deleted_meanwhile(hub: Hub) -> None:
    repo = made(hub, "acme/gone", GGUF)
    hub.catalogue.refresh({"repo_id": repo.id})
    hub.registry.delete(hub.accounts.actor("root"), "model", "acme/gone")
    assert hub.catalogue.weigh({}) is False
    settle(hub)
    assert listed(hub) == []


def test_packed_weights_are_counted_unpacked(hub: Hub) -> None:
    """A list by size finds a 4-bit copy by what it is, not by how many numbers it has."""
    repo = made(hub, "acme/Other-35B-A3B-4bit", LLAMA)
    settle(hub)
    found = hub.catalogue_db.value("select parameters from listing where repo_id = :id", id=repo.id)
    assert found == small.PARAMETERS


def test_what_an_upgrade_finds(hub: Hub) -> None:
    """A catalogue of the version before has none of it: the next start makes it anew."""
    repo = made(hub, "acme/old", GGUF)
    settle(hub)
    expected = facts(hub, repo)
    db = hub.catalogue_db
    db.execute("update listing_facts set version = 2, facts = '{}'")
    db.execute("update listing set need = null")
    db.execute("update state set value = '2.1' where key = 'rules'")
    db.execute("delete from weight_header")
    data = hub.settings.data
    with open_hub(Settings(data=data)) as again:
        again.catalogue.rebuild_if_due({})
        while again.catalogue.weigh({}):
            pass
        assert again.catalogue.facts(repo) == expected
        assert listed(again, GIB) == ["acme/old"]


def test_keys_are_of_the_content(hub: Hub) -> None:
    made(hub, "acme/keys", LLAMA)
    settle(hub)
    (key,) = hub.catalogue_db.all("select key from weight_header")
    data = LLAMA["model.safetensors"]
    head = f"blob {len(data)}\0".encode()
    assert key[0] == hashlib.sha1(head + data).hexdigest()
