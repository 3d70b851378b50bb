"""Trees of derivatives: loops, cycles, merges, chains without end; licences along them."""

from itertools import pairwise
from pathlib import Path

import pytest

from hearthub.lake import Lake
from hearthub.pulse import Measures, MetricRow
from pulse.histories import DAY, START, Told, write


def family(
    lake: Lake,
    tmp_path: Path,
    edges: list[tuple[str, str, str]],
    licences: dict[str, str] | None = None,
) -> None:
    """Repos in the order of their ages, the oldest first; each edge is child, relation, parent. All
    of a child have the relation of its first: a source tells one."""
    names = sorted({n for child, _, parent in edges for n in (child, parent) if "/" not in n})
    relations = {child: relation for child, relation, _ in reversed(edges)}
    write(
        lake,
        [
            Told(
                name,
                d_all=[10, 10],
                d30=[3 + 3 * age] * 2,
                created=START - (400 - age) * DAY,
                bases=[parent for child, _, parent in edges if child == name],
                relation=relations.get(name),
                licence=(licences or {}).get(name),
            )
            for age, name in enumerate(names)
        ],
        tmp_path,
    )


def rows_of(lake: Lake, name: str, by: str | None = None) -> dict[str, MetricRow]:
    return {row.dimension or "": row for row in Measures(lake).metric(name, by=by)}


def test_a_tree(lake: Lake, tmp_path: Path) -> None:
    edges = [("b", "finetune", "a"), ("c", "quantized", "b"), ("d", "adapter", "b")]
    edges.append(("e", "merge", "c"))
    family(lake, tmp_path, edges)
    rows = rows_of(lake, "derivatives")
    assert (rows["direct"].value, rows["transitive"].value) == (4, 4 + 3 + 1)
    assert rows["generations"].value == 3
    # a has 3 downloads in 30 days, b 6, and so on.
    assert rows["more than 5 downloads"].value == 4
    bases = rows_of(lake, "derivatives", by="base")
    assert bases["a / transitive"].value == 4
    assert bases["a / direct"].value == 1
    assert bases["b / transitive"].value == 3


def test_a_loop_and_a_cycle_have_no_say(lake: Lake, tmp_path: Path) -> None:
    edges = [("a", "finetune", "a"), ("b", "finetune", "c"), ("c", "finetune", "b")]
    # A cycle of three, with a child below it and a base above it.
    edges += [("d", "finetune", "f"), ("e", "finetune", "d"), ("f", "finetune", "e")]
    edges += [("g", "finetune", "f"), ("d", "finetune", "a")]
    family(lake, tmp_path, edges)
    rows = rows_of(lake, "derivatives")
    assert rows["loops dropped"].value == 1
    assert rows["edges dropped to break cycles"].value == 2
    bases = rows_of(lake, "derivatives", by="base")
    # The oldest of each cycle is its root; what hung above stays above.
    assert bases["b / transitive"].value == 1
    assert "c / transitive" not in bases
    assert bases["a / transitive"].value == 4
    assert bases["d / transitive"].value == 3


def test_a_merge_counts_once_in_a_family_and_in_parts_in_two(lake: Lake, tmp_path: Path) -> None:
    edges = [("c", "finetune", "a"), ("d", "finetune", "a"), ("e", "merge", "c")]
    edges += [("e", "merge", "d"), ("f", "merge", "e"), ("f", "merge", "b")]
    family(lake, tmp_path, edges)
    found = {
        row.dimension: row.numerator
        for row in Measures(lake).metric("derivatives", by="family", window="all")
    }
    # a, c, d and e wholly, and half of f; each has 10 downloads.
    assert found == {"a": 45.0, "b": 15.0}
    bases = rows_of(lake, "derivatives", by="base")
    assert bases["a / transitive"].value == 4


def test_a_base_that_is_not_here_is_one_node(lake: Lake, tmp_path: Path) -> None:
    edges = [("b", "finetune", "org/Gone"), ("c", "finetune", "ORG/gone"), ("d", "finetune", "b")]
    family(lake, tmp_path, [*edges, ("b", "merge", "a")])
    bases = rows_of(lake, "derivatives", by="base")
    assert bases["ORG/gone / transitive"].value == 3
    assert rows_of(lake, "derivatives")["edges to a base that is here"].value == 2


def test_a_chain_without_end_is_cut(lake: Lake, tmp_path: Path) -> None:
    names = [f"n{i:04}" for i in range(300)]
    family(lake, tmp_path, [(c, "finetune", p) for p, c in pairwise(names)])
    assert rows_of(lake, "derivatives")["generations"].value == 63


def test_licences_drift(lake: Lake, tmp_path: Path) -> None:
    edges = [("b", "finetune", "a"), ("c", "finetune", "a"), ("d", "quantized", "a")]
    licences = {"a": "gemma", "b": "mit", "c": "cc-by-nc-4.0", "d": "gemma"}
    family(lake, tmp_path, [*edges, ("e", "quantized", "a")], licences)
    (row,) = Measures(lake).metric("licence_drift")
    assert (row.numerator, row.denominator) == (1, 3)
    assert row.coverage == pytest.approx(3 / 4)
    assert (row.lo, row.hi) == (1 / 4, 2 / 4)
    pairs = rows_of(lake, "licence_drift", by="pair")
    # Of all pairs, those without a licence too.
    assert pairs["community to permissive"].value == 1 / 4
    assert pairs["community to none"].value == 1 / 4
    assert rows_of(lake, "licence_drift", by="relation")["finetune"].value == 1 / 2
