"""What the number of a listing tells of it, and a catalogue whose numbers are those of before."""

import sqlite3
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.shelves import ELSEWHERE, actors, everything, find, names, observed
from catalogue.ways import number_as_before
from hearthub.catalogue import Filter, Page, codes, numbers
from hearthub.catalogue.lists import SORTS
from hearthub.catalogue.numbers import (
    codes_of_doc,
    doc_of,
    id_of_doc,
    shelf_of_doc,
    sizes_of,
    spans,
    step_of_doc,
)
from hearthub.context import Hub

EDGES = [0, 1, *(2**n + d for n in range(20, 62) for d in range(-3, 3)), -5, int(22.5 * 2**30)]
sizes = st.none() | st.sampled_from(EDGES) | st.integers(0, 2**45)
bounds = st.none() | st.sampled_from(EDGES) | st.integers(0, 2**45)


@pytest.fixture
def hub(own_hub: Hub) -> Hub:
    return own_hub


@given(
    st.integers(1, 2**30 - 1),
    st.integers(0, 2**70),
    st.integers(0, 15),
    sizes,
    sizes,
    st.integers(0, 2**codes.BITS - 1),
)
def test_a_number_and_what_it_is_of(
    number: int, popularity: int, shelf: int, parameters: int | None, need: int | None, coded: int
) -> None:
    doc = doc_of(number, popularity, shelf, parameters, need, coded)
    assert (id_of_doc(doc), shelf_of_doc(doc), codes_of_doc(doc)) == (number, shelf, coded)
    assert step_of_doc(doc) == numbers.popularity_step(popularity)
    assert 2**46 <= doc < 2**63 - 1
    if numbers.popularity_step(popularity // 4) < numbers.popularity_step(popularity):
        assert doc < doc_of(number, popularity // 4, shelf), "popular ones first"
    assert doc < doc_of(number - 1, popularity, shelf), "then the newest"
    after, end = numbers.reach(shelf // 4 * 4, f"3.3.{numbers.VERSION}")
    assert after < doc < end
    assert not after < doc_of(number, popularity, (shelf + 4) % 16) < end


@given(sizes, sizes, bounds, bounds, bounds)
def test_spans_never_tell_anything_else_than_the_sizes(
    parameters: int | None, need: int | None, low: int | None, high: int | None, room: int | None
) -> None:
    maybe, surely = spans("sizes", (low, high), room)
    fits = all(
        size is not None and (least is None or size >= least) and (most is None or size <= most)
        for size, least, most in ((parameters, low, high), (need, None, room))
        if least is not None or most is not None
    )
    told = [
        sqlite3.connect(":memory:")
        .execute(
            f"select {' and '.join(['1', *conditions])} from (select ? as sizes)",
            [sizes_of(parameters, need)],
        )
        .fetchone()[0]
        for conditions in (maybe, [*maybe, *surely])
    ]
    assert told[1] <= fits <= told[0]


@pytest.mark.parametrize("kind", ["parameters", "need"])
@pytest.mark.parametrize("end", [2**n for n in (26, 27, 28, 33, 40, 42)] + [round(2**34.5)])
def test_at_the_ends_of_spans(kind: str, end: int) -> None:
    db = sqlite3.connect(":memory:")
    near = range(end - 3, end + 4)
    for bound, is_low in [(it, is_low) for it in near for is_low in (True, False)]:
        if kind == "need" and is_low:
            continue
        asked = ((bound, None) if is_low else (None, bound), None)
        maybe, surely = (
            spans("sizes", *asked) if kind == "parameters" else spans("sizes", None, bound)
        )
        for size in (0, *near, 2**60):
            fits = size >= bound if is_low else size <= bound
            told = [
                db.execute(
                    f"select {' and '.join(conditions)} from (select ? as sizes)",
                    [sizes_of(size, None) if kind == "parameters" else sizes_of(None, size)],
                ).fetchone()[0]
                for conditions in (maybe, [*maybe, *surely])
            ]
            assert told[1] <= fits <= told[0], (size, bound, is_low)


def test_most_sizes_need_no_look() -> None:
    """Powers of two of parameters, as the sliders of a list have them, are ends of spans."""
    assert all(not spans("s", (2**n, 2**33 - 1), None)[1] for n in range(27, 33))
    maybe, surely = spans("s", None, int(22.5 * 2**30))
    assert int(maybe[0].split()[-1]) - int(surely[0].split()[-1]) == 1, "one span of thirty"


def test_a_catalogue_of_before_is_made_anew(hub: Hub) -> None:
    rng = Random(5)
    with pytest.MonkeyPatch.context() as patch:
        number_as_before(patch)
        hub.catalogue.observe(
            observed(
                f"far/heron-{n}",
                parameters_total=rng.choice([None, 10**9, 2**33, 2**33 - 1]),
                fit={"need_bytes": rng.choice([2**31, 2**34])},
                downloads=rng.randrange(10**5),
            )
            for n in range(300)
        )
    hub.catalogue_db.execute(
        "insert into state (key, value) values ('rules', '3.3') "
        "on conflict (key) do update set value = '3.3'"
    )
    assert {shelf_of_doc(row.doc) for row in rows(hub)} == {None}
    before = told(hub)
    assert len(before[0]) > 10
    hub.catalogue.rebuild_if_due({})
    assert told(hub) == before
    for row in rows(hub):
        assert row.doc == doc_of(
            row.id, row.downloads + 50 * row.likes, 2, row.parameters, row.need
        )
        assert row.sizes == sizes_of(row.parameters, row.need)


def test_an_index_tells_a_walk_of_sizes(hub: Hub) -> None:
    """Else it would read the row of each listing that it passes."""
    hub.catalogue.rebuild()
    for sort in SORTS:
        plan = hub.catalogue_db.all(
            f"explain query plan select id from rank where shelf = 2 and sizes & 15 > 9 "
            f"and task = 5 order by {sort} desc, id desc"
        )
        assert [row[-1] for row in plan] == [
            f"SEARCH rank USING COVERING INDEX rank_{sort} (shelf=?)"
        ]


def rows(hub: Hub):
    return hub.catalogue_db.all(
        "select l.*, r.downloads, r.likes, r.sizes from listing l join rank r on r.id = l.id"
    )


def told(hub: Hub) -> list[list[str]]:
    nobody = actors(hub)["nobody"]
    wanted = [
        Filter("model", origin=ELSEWHERE, search=search, parameters=parameters, need=need)
        for search in (None, "heron", "hero")
        for parameters in (None, (2**33, None), (None, 2**33 - 1))
        for need in (None, 2**32)
    ]
    found = [
        names(everything(hub, nobody, it, Page(sort, limit=40)))
        for it in wanted
        for sort in ("likes", "modified")
    ]
    return [*found, sorted(find(hub, "heron", origin=ELSEWHERE, need=2**32))]
