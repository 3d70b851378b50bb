"""A rebuild changes no answer, whatever happened before it; and what disturbs it harms nothing."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from calls import commit, new_repo, put
from catalogue.shelves import (
    ELSEWHERE,
    actors,
    create,
    everything,
    find,
    names,
    observed,
    settle,
    write_card,
)
from catalogue.ways import take
from hearthub.app import open_hub
from hearthub.catalogue import Counters, Facts, Filter, Page
from hearthub.catalogue.numbers import id_of_doc
from hearthub.context import Hub
from hearthub.settings import Settings
from live import LiveHub, live_hub

WORDS = "alder birch cedar dogwood elmtree ficus".split()
# Says when it has begun and stays in the middle of it until it is told to go on.
HELD = """
import sys
from pathlib import Path
from hearthub.app import open_hub
from hearthub.settings import Settings

def hold(done):
    print(done, flush=True)
    if done < 1000:
        sys.stdin.readline()

with open_hub(Settings(data=Path(sys.argv[1]))) as hub:
    hub.catalogue.rebuild(hold)
"""


@pytest.fixture
def hub(own_hub: Hub) -> Hub:
    return own_hub


class Life:
    """What befalls a hub, at random."""

    def __init__(self, hub: Hub, seed: int) -> None:
        self.hub, self.rng, self.made = hub, Random(seed), 0
        self.root = hub.accounts.actor("root")
        self.people = [hub.accounts.actor(name) for name in ("alice", "bob", "charlie")]
        self.acts: list[Callable[[], None]] = [
            self.create,
            self.create,
            self.observe,
            self.write,
            self.move,
            self.delete,
            self.change,
            self.like,
            self.count,
            lambda: settle(hub),
        ]

    def go_on(self, steps: int) -> None:
        for _ in range(steps):
            self.rng.choice(self.acts)()

    def repo(self):
        found = [repo for some in self.hub.registry.all_repos() for repo, _ in some]
        return self.rng.choice(found) if found else None

    def name(self) -> str:
        owner, word = self.rng.choice(["acme", "alice", "charlie"]), self.rng.choice(WORDS)
        return f"{owner}/{word}-{self.rng.randrange(6)}"

    def card(self) -> str:
        tags = ", ".join(self.rng.sample(WORDS, 2))
        license_, text = self.rng.choice(["mit", "wtfpl"]), " ".join(self.rng.sample(WORDS, 3))
        return f"---\ntags: [{tags}]\nlicense: {license_}\n---\n{text} 模型 猫"

    def is_free(self, kind: str, name: str) -> bool:
        return (
            self.hub.db.value("select 1 from repo where type = :t and key = :k", t=kind, k=name)
            is None
        )

    def create(self) -> None:
        kind, name = self.rng.choice(["model", "dataset"]), self.name()
        if self.is_free(kind, name):
            visibility = self.rng.choice(["public", "private"])
            create(self.hub, name, self.card(), kind, visibility=visibility)

    def observe(self) -> None:
        many = self.rng.randrange(1, 4)
        self.hub.catalogue.observe(
            observed(
                self.name(),
                self.rng.choice(["model", "dataset"]),
                self.rng.choice([ELSEWHERE, "hub.example"]),
                tags=self.rng.sample(WORDS, 2),
                card_text=self.rng.choice(WORDS),
                likes=self.rng.randrange(9),
                gated=self.rng.choice([None, "auto"]),
                parameters_total=self.rng.choice([None, 1000]),
            )
            for _ in range(many)
        )

    def write(self) -> None:
        if repo := self.repo():
            write_card(self.hub, repo, self.card())

    def move(self) -> None:
        repo, name = self.repo(), self.name()
        if repo and self.is_free(repo.type, name):
            self.hub.registry.move(self.root, repo.type, repo.full_name, name)

    def delete(self) -> None:
        if repo := self.repo():
            self.hub.registry.delete(self.root, repo.type, repo.full_name)

    def change(self) -> None:
        if repo := self.repo():
            self.hub.registry.change_settings(
                self.root,
                repo.type,
                repo.full_name,
                visibility=self.rng.choice(["public", "private"]),
                gated=self.rng.choice(["auto", False]),
            )

    def like(self) -> None:
        if repo := self.repo():
            act = self.rng.choice([self.hub.community.like, self.hub.community.unlike])
            act(self.rng.choice(self.people), repo)

    def count(self) -> None:
        told = [(self.name(), Counters(0, 0, self.rng.randrange(10**6), likes=n)) for n in range(3)]
        self.hub.catalogue.set_counters("model", told, ELSEWHERE)


def answers(hub: Hub) -> list[object]:
    """A battery of questions, each by all ways and of all who may ask."""
    cast = actors(hub)
    wanted = [
        Filter(kind, any_of, typed, origin=origin)
        for kind in ("model", "dataset")
        for origin in ("", "all", ELSEWHERE)
        for any_of, typed in (
            ([], None),
            ([[("tag", "birch")]], None),
            ([[("license", "mit")]], "alder"),
            ([], "cedar"),
            ([], "猫"),
            ([], "dogwod"),
        )
    ]
    found: list[object] = []
    for who in ("root", "alice", "nobody"):
        for it in wanted:
            found.append(names(everything(hub, cast[who], it)))
            found.append(hub.catalogue.facet_counts(cast[who], it))
        for walk in (True, False):
            with pytest.MonkeyPatch.context() as patch:
                take(patch, walk=walk)
                for sort in ("likes", "modified"):
                    page = Page(sort, limit=50)
                    rows = everything(hub, cast[who], wanted[6], page)
                    found.append([(*names([row]), row.counters) for row in rows])
        found.append(names(hub.catalogue.suggest(cast[who], "model", "ficu", 5)))
    return [*found, sorted(hub.catalogue.tags("model")), sorted(hub.catalogue.tags("dataset"))]


def tables(hub: Hub) -> dict[str, object]:
    """All that follows from the listings; documents of the index by listing."""
    sums = {
        name: [tuple(row) for row in hub.catalogue_db.all(f"select * from {name} where n <> 0")]
        for name in ("facet_count", "word", "gram")
    }
    assert all(row[-1] > 0 for rows in sums.values() for row in rows)
    rows = {
        name: [tuple(row) for row in hub.catalogue_db.all(f"select * from {name} order by id")]
        for name in ("rank", "listing_facts", "facet")
    }
    kept = "id, repo_id, origin, type, full_name, key, name_key, shelf, owner_id, parameters"
    listings = hub.catalogue_db.all(f"select {kept}, facets from listing order by id")
    return {
        **{name: sorted(found) for name, found in sums.items()},
        **rows,
        "listing": [(*row[:-1], sorted(row[-1].split())) for row in listings],
        "terms": index_of(hub.settings.data),
    }


def index_of(data: Path) -> list[tuple[str, int]]:
    """Every (term, listing) that the index holds; the index is whole."""
    with closing(sqlite3.connect(data / "catalogue.db", isolation_level=None)) as db:
        db.execute("insert into term_index (term_index) values ('integrity-check')")
        db.execute("create virtual table temp.terms using fts5vocab(main, term_index, instance)")
        rows = db.execute("select term, doc from terms")
        return sorted((term, id_of_doc(doc)) for term, doc in rows)


@pytest.mark.parametrize("seed", range(4))
def test_a_rebuild_changes_no_answer(hub: Hub, seed: int) -> None:
    life = Life(hub, seed)
    for _ in range(2):
        life.go_on(40)
        settle(hub)
        answered, stood = answers(hub), tables(hub)
        assert stood["terms"]
        assert hub.catalogue.rebuild() == len(stood["listing"])
        assert tables(hub) == stood
        assert answers(hub) == answered
    count = len([None for some in hub.registry.all_repos() for _ in some])
    there = hub.catalogue_db.value("select count(*) from listing where repo_id is not null")
    assert there == count


@pytest.mark.parametrize("seed", range(4, 7))
def test_a_rebuild_hears_of_what_no_job_told(hub: Hub, seed: int) -> None:
    """As after a queue that was lost: the same as if its jobs had run."""
    Life(hub, seed).go_on(50)
    hub.catalogue.rebuild()
    found, terms = answers(hub), tables(hub)["terms"]
    settle(hub)
    assert answers(hub) == found
    assert tables(hub)["terms"] == terms


def test_a_catalogue_that_was_lost(hub: Hub) -> None:
    """Hosted repos come back at the next start; observations have no source here."""
    life = Life(hub, 9)
    life.acts.remove(life.observe)
    life.go_on(60)
    settle(hub)
    found = answers(hub)
    for name in ("catalogue.db", "catalogue.db-wal", "catalogue.db-shm"):
        (hub.settings.data / name).unlink(missing_ok=True)
    with open_hub(hub.settings) as again:
        assert names(everything(again, actors(again)["root"], Filter("model"))) == []
        again.jobs.add("catalogue.rebuild", {}, key="start")
        settle(again)
        assert answers(again) == found


def test_facts_by_other_rules_are_read_again(hub: Hub) -> None:
    repo = create(hub, "acme/open", "---\ntags: [birch]\n---")
    settle(hub)
    hub.catalogue_db.execute("update listing_facts set facts = '{}', version = 0")
    hub.catalogue_db.execute("update state set value = '0.0' where key = 'rules'")
    assert "birch" in hub.catalogue.facts(repo).tags
    hub.catalogue.rebuild_if_due({})
    assert names(everything(hub, actors(hub)["nobody"], Filter("model", [[("tag", "birch")]]))) == [
        "acme/open"
    ]
    hub.catalogue_db.execute("delete from listing")
    hub.catalogue.rebuild_if_due({})  # not due again
    assert hub.catalogue_db.value("select count(*) from listing") == 0


def test_an_unreadable_repo_keeps_no_other_from_its_place(hub: Hub) -> None:
    for name in ("acme/broken", "acme/whole"):
        create(hub, name, "wombat")
    settle(hub)
    broken = hub.db.value("select id from repo where key = 'acme/broken'")
    hub.objects_db.execute("delete from obj where repo_id = :id", id=broken)
    hub.catalogue_db.execute("update listing_facts set version = 0")
    hub.catalogue.rebuild()
    assert "acme/whole" in find(hub, "wombat")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[LiveHub]:
    with live_hub(tmp_path) as live:
        with open_hub(Settings(data=tmp_path)) as parts:
            parts.catalogue.observe(
                observed(f"far/{WORDS[n % 6]}-{n}", card_text=WORDS[n % 5]) for n in range(1200)
            )
        yield live


def held(live: LiveHub) -> subprocess.Popen[bytes]:
    """A rebuild in a process of its own, stopped after its first listings."""
    pipe = subprocess.PIPE
    process = subprocess.Popen([sys.executable, "-c", HELD, live.data], stdin=pipe, stdout=pipe)
    assert process.stdout is not None
    assert process.stdout.readline()
    return process


def test_beside_a_hub_that_serves(running: LiveHub) -> None:
    """Readers see the old one until it is whole; what is written meanwhile is not lost."""
    with running.client("alice") as alice:
        before = new_repo(alice, "before")
        commit(alice, before, put("README.md", b"wombat"))
        running.settle()
        process = held(running)
        during = new_repo(alice, "during")
        commit(alice, during, put("README.md", b"quokka"))
        commit(alice, before, put("README.md", b"numbat"))
        assert [row["id"] for row in search(alice, "wombat")] == [before]
        assert len(alice.get("/api/models", params={"origin": ELSEWHERE, "limit": 9}).json()) == 9
        assert process.communicate(b"\n" * 99)[0]
        assert process.returncode == 0
        running.settle()
        assert [row["id"] for row in search(alice, "quokka")] == [during]
        assert [row["id"] for row in search(alice, "numbat")] == [before]
        assert search(alice, "wombat") == []
    with open_hub(Settings(data=running.data)) as parts:
        stood = tables(parts)
        parts.catalogue.rebuild()
        assert tables(parts) == stood


def test_killed_in_the_middle(running: LiveHub) -> None:
    with running.client("alice") as alice:
        commit(alice, new_repo(alice, "before"), put("README.md", b"wombat"))
        running.settle()
        before, terms = search(alice, "wombat"), index_of(running.data)
        process = held(running)
        process.kill()
        process.communicate()
        assert index_of(running.data) == terms
        assert search(alice, "wombat") == before
        commit(alice, new_repo(alice, "after"), put("README.md", b"quokka"))
        running.settle()
        assert len(search(alice, "quokka")) == 1


def search(client, typed: str) -> list[dict]:
    answer = client.get("/api/models", params={"search": typed})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_facts_survive_as_they_are(hub: Hub) -> None:
    """An observation has no other source: a rebuild keeps every field of it."""
    facts = {
        "tags": ["a"],
        "card": {"x": [1, {"y": None}]},
        "library": "l",
        "pipeline_tag": "p",
        "config": {"model_type": "m"},
        "base_models": ["a/b"],
        "relation": "finetune",
        "safetensors": {"total": 5},
        "gguf": {"total": 5},
        "transformers": {"auto_model": "AutoModel"},
        "models": ["m/n"],
        "datasets": ["d/e"],
        "licenses": ["mit"],
        "languages": ["en"],
        "formats": ["gguf"],
        "quantization": "awq",
        "parameters_total": 5,
        "doi": "10.1/x",
        "card_text": "words of a card",
        "description": "words",
        "fit": {"need_bytes": 7},
        "weighed": True,
    }
    assert set(facts) == set(vars(Facts()))
    told = replace(observed("acme/far", "space", likes=3, **facts), gated="auto")
    hub.catalogue.observe([told])
    for _ in range(2):
        (row,) = everything(hub, actors(hub)["nobody"], Filter("space", origin=ELSEWHERE))
        assert row.observed == told
        hub.catalogue.rebuild()
