"""Who descends from whom: edges without loops or cycles, and what follows from them."""

from typing import TYPE_CHECKING

from hearthub.pulse.statements import sql_text

if TYPE_CHECKING:
    from hearthub.pulse.frame import Frame

DEEPEST = 64
"""Generations that are followed: real ones are below ten, and a hostile chain has no end."""
MOST_PARENTS = 32
"""Parents of one repo that count; merges name a handful."""


def make_lineage(frame: "Frame") -> None:
    """The temp tables `edge_named` (all, loops too) and `lineage`.

    The latter has child, parent (negative: a repo that is not here), parent_id, relation and what
    the child is.
    """
    frame.kept("lineage", lambda: _make_lineage(frame))


def make_descent(frame: "Frame") -> None:
    """The temp table `descent`: each repo with each of its ancestors, and the least generations
    between them."""
    make_lineage(frame)
    frame.kept("descent", lambda: _make_descent(frame))


def _make_lineage(frame: "Frame") -> None:
    session = frame.session
    frame.make("edge_named")
    frame.make("edges_capped", most=MOST_PARENTS)
    session.execute(
        "create or replace temp table core as "
        "select child, parent from edge_named where child != parent"
    )
    for _ in range(DEEPEST):
        before = session.value("select count(*) from core")
        # Whoever has no child or no parent among these is in no cycle.
        session.execute(sql_text("peeled"))
        if session.value("select count(*) from core") == before:
            break
    frame.make("lineage")


def _make_descent(frame: "Frame") -> None:
    session = frame.session
    session.execute(
        "create or replace temp table descent as "
        "select distinct child as node, parent as ancestor, 1 as depth from lineage"
    )
    for depth in range(2, DEEPEST):
        before = session.value("select count(*) from descent")
        session.execute(sql_text("deeper", depth=depth))
        if session.value("select count(*) from descent") == before:
            break
