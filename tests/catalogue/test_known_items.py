"""Known-item search: real names as people type them, a mistake in them or only a part.

Five hundred names of a fixed sample; each must be among the first five, of all 17,000 that are
listed with their real counters. The names are strangers' data: nothing of them is kept here.

To see the share of each kind and what misses: `pytest -s tests/catalogue/test_known_items.py`.
"""

import re
import string
from collections import Counter
from collections.abc import Callable
from random import Random

import pytest

from catalogue.shelves import THEN, names
from hearthub.accounts import ANONYMOUS
from hearthub.catalogue import Counters, Facts, Filter, Listing, Page
from hearthub.catalogue.listings import Listings
from hearthub.context import Hub
from needs import needs_data

SAMPLE = 500
FIRST = 5
GOAL = 0.95
FLOOR_OF_A_KIND = 0.85


def lost(rng: Random, name: str) -> str:
    at = rng.randrange(len(name))
    return name[:at] + name[at + 1 :]


def changed(rng: Random, name: str) -> str:
    at = rng.randrange(len(name))
    return name[:at] + rng.choice(string.ascii_lowercase) + name[at + 1 :]


def added(rng: Random, name: str) -> str:
    at = rng.randrange(len(name) + 1)
    return name[:at] + rng.choice(string.ascii_lowercase) + name[at:]


def swapped(rng: Random, name: str) -> str:
    at = rng.randrange(len(name) - 1)
    return name[:at] + name[at + 1] + name[at] + name[at + 2 :]


def parts(name: str) -> tuple[str, list[str]]:
    author, _, own = name.partition("/")
    return author, [word for word in re.split(r"[-_.]+", own) if word]


def shuffled(rng: Random, name: str) -> str:
    author, words = parts(name)
    every = [author, *words]
    rng.shuffle(every)
    return " ".join(every)


def without_a_word(rng: Random, name: str) -> str:
    author, words = parts(name)
    if len(words) > 1:
        del words[rng.randrange(len(words))]
    return " ".join([author, *words])


def begun(_rng: Random, name: str) -> str:
    """The author and the first two thirds, as one types."""
    author, _, own = name.partition("/")
    return f"{author}/{own[: -(-len(own) * 2 // 3)]}"


KINDS: list[Callable[[Random, str], str]] = [
    lost,
    changed,
    added,
    swapped,
    shuffled,
    without_a_word,
    begun,
]


def real_names() -> dict[str, Counters]:
    """Names with their counters; of both files the newer counts."""
    parquet = pytest.importorskip("pyarrow.parquet")
    old = parquet.read_table(
        needs_data("hub_stats_frozen/hub_stats_frozen.parquet"),
        columns=["id", "downloads", "likes"],
    )
    new = parquet.read_table(
        needs_data("radar/models_latest.parquet"), columns=["id", "downloads_30d", "likes"]
    )
    rows = [*old.to_pylist(), *new.to_pylist()]
    return {
        row["id"]: Counters(
            THEN,
            THEN,
            int(row.get("downloads") or row.get("downloads_30d") or 0),
            likes=int(row["likes"] or 0),
        )
        for row in rows
        if row["id"] and row["id"].count("/") == 1
    }


@pytest.fixture(scope="module")
def asked(shared: Hub) -> tuple[Hub, list[tuple[str, str, str]]]:
    """A hub with all of them, and (kind, name, what is typed)."""
    found = real_names()
    # On the shelf of hosted repos, which suggestions are of; but without seventeen thousand repos.
    Listings(shared.catalogue_db).put(
        Listing("model", name, Facts(), counters) for name, counters in found.items()
    )
    rng = Random(23)
    sample = rng.sample(sorted(found), SAMPLE)
    typed = [
        (kind.__name__, name, kind(rng, name))
        for name, kind in zip(sample, KINDS * SAMPLE, strict=False)
    ]
    return shared, typed


def by_list(hub: Hub, typed: str) -> list[str]:
    wanted = Filter("model", search=typed)
    return names(hub.catalogue.page(ANONYMOUS, wanted, Page(limit=FIRST))[0])


def by_suggestion(hub: Hub, typed: str) -> list[str]:
    return names(hub.catalogue.suggest(ANONYMOUS, "model", typed, FIRST))


@pytest.mark.parametrize("way", [by_list, by_suggestion])
def test_known_items_are_among_the_first_five(
    asked: tuple[Hub, list[tuple[str, str, str]]], way: Callable[[Hub, str], list[str]]
) -> None:
    hub, questions = asked
    hits, all_of, missed = Counter[str](), Counter[str](), []
    for kind, name, typed in questions:
        found = way(hub, typed)
        all_of[kind] += 1
        hits[kind] += name in found
        if name not in found:
            missed.append(f"{kind} {typed!r} for {name}: {found[:2]}")
    shares = {kind: hits[kind] / all_of[kind] for kind in all_of}
    total = hits.total() / all_of.total()
    told = f"{way.__name__} {total:.3f} " + " ".join(f"{k} {v:.3f}" for k, v in shares.items())
    print("\n".join(["", told, *missed]))
    assert total >= GOAL, told
    assert min(shares.values()) >= FLOOR_OF_A_KIND, told
