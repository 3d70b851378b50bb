"""What the codes in a number tell of a listing, and lists that rest on them."""

import sqlite3
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.shelves import ELSEWHERE, THEN, create, everything, names, observed, settle
from hearthub.accounts import ANONYMOUS
from hearthub.catalogue import Facts, Filter, Page, codes, planner
from hearthub.catalogue.catalogue import reader_of
from hearthub.catalogue.codes import codes_of
from hearthub.catalogue.planner import Planner
from hearthub.context import Hub

TASKS = [None, "text-generation", "robotics", "video-classification", "of-nobody-else", ""]
LIBRARIES = [None, "transformers", "setfit", "unheard-of"]
LICENSES = ["apache-2.0", "gpl-3.0", "mit", "my-own", ""]


@given(
    st.sampled_from(TASKS),
    st.sampled_from(LIBRARIES),
    st.lists(st.sampled_from(LICENSES), max_size=3),
    st.sampled_from(["task", "library", "license"]),
    st.lists(st.sampled_from([*TASKS, *LIBRARIES, *LICENSES]), min_size=1, max_size=3),
)
def test_codes_never_tell_anything_else_than_the_facts(
    task: str | None, library: str | None, licenses: list[str], kind: str, asked: list[str]
) -> None:
    facts = Facts(pipeline_tag=task, library=library, licenses=licenses)
    has = {"task": [task], "library": [library], "license": licenses}[kind]
    told = codes.told("codes", kind, [it or "" for it in asked])
    if told is None:
        return
    db = sqlite3.connect(":memory:")
    may, does = [
        db.execute(f"select {it} from (select ? as codes)", [7 << codes.BITS | codes_of(facts)])
        for it in told
    ]
    fits = bool({it for it in has if it} & set(asked))
    assert does.fetchone()[0] <= fits <= may.fetchone()[0]


def test_what_has_a_code() -> None:
    assert codes.told("c", "task", ["robotics", "translation"])
    for kind, asked in [("task", ["robotics", "dance"]), ("language", ["en"]), ("library", [])]:
        assert codes.told("c", kind, asked) is None
    assert all(codes_of(Facts(pipeline_tag=it)) < 2**codes.BITS for it in codes._TASKS)
    for known, most in ((codes._TASKS, 31), (codes._LIBRARIES, 15), (codes._LICENSES, 14)):
        assert len(set(known)) == len(known) <= most


@pytest.fixture
def hub(own_hub: Hub) -> Hub:
    rng = Random(3)
    card = "---\nlicense: mit\npipeline_tag: robotics\n---\nA heron.\n"
    create(own_hub, "root/heron-here", card)
    create(own_hub, "root/heron-hidden", card, visibility="private")
    settle(own_hub)
    own_hub.catalogue.observe(
        observed(
            f"far/{rng.choice(['heron', 'herring', 'he-ron-2', 'otter'])}-{n}",
            pipeline_tag=rng.choice(TASKS),
            library=rng.choice(LIBRARIES),
            licenses=rng.sample(LICENSES[:4], rng.choice([0, 1, 1, 1, 2])),
            card_text=rng.choice(["", "Not quite a heron.", "Made of heron-2."]),
            parameters_total=rng.choice([None, 10**9, 2**33, 2**33 - 1]),
            fit={"need_bytes": rng.choice([2**31, 2**34])},
            downloads=rng.randrange(10**5),
            likes=rng.randrange(50),
            modified=THEN + rng.randrange(10**9),
        )
        for n in range(400)
    )
    own_hub.catalogue.rebuild()
    return own_hub


def wanted(rng: Random) -> Filter:
    one = [
        [("task", it) for it in rng.sample(TASKS[1:4], rng.choice([1, 1, 2]))],
        [("library", rng.choice(LIBRARIES[1:]))],
        [("license", it) for it in rng.sample(LICENSES[:4], rng.choice([1, 1, 2]))],
    ]
    return Filter(
        "model",
        rng.sample(one, rng.choice([1, 2, 3])),
        search=rng.choice([None, "heron", "heron-2", "her"]),
        origin=rng.choice(["all", ELSEWHERE]),
        parameters=rng.choice([None, None, (None, 2**33 - 1)]),
        need=rng.choice([None, None, 2**32]),
    )


def test_lists_are_the_same_by_codes_and_by_terms(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng, told, real = Random(11), 0, Planner.plan
    root = hub.accounts.actor("root")
    for _ in range(100):
        asked, sort = wanted(rng), rng.choice([None, "likes", "modified"])
        answers = []
        for weight, worth in ((10**9, None), (1e-9, None), (1e-9, 3)):
            monkeypatch.setattr(planner, "TOLD", weight)

            def plan(self, *words, worth=worth):
                found = real(self, *words)
                return found if worth is None else replace(found, worth=worth)

            monkeypatch.setattr(Planner, "plan", plan)
            for who in (root, ANONYMOUS):
                told += bool(Planner(hub.catalogue_db).plan(asked, reader_of(who)).coded)
                rows = names(everything(hub, who, asked, Page(sort, limit=20)))
                rows = rows if sort else sorted(rows)
                answers.append((rows, hub.catalogue.facet_counts(who, asked)))
        assert answers[:2] == answers[2:4] == answers[4:]
    assert told > 300
