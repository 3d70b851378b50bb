"""Where a model comes from and what was made of it, as a list and as a picture; both bounded."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from hearthub.accounts import Actor
from hearthub.catalogue import Facts, Filter, Row
from hearthub.context import Hub
from hearthub.fit import RELATIONS

MOST_BASES = 4
MOST_ABOVE = 3  # levels
MOST_NODES = 10  # of all that is above
SHOWN = 5  # derivatives of each relation
WORDS = {
    "finetune": "Fine-tunes",
    "adapter": "Adapters",
    "merge": "Merges",
    "quantized": "Quantisations",
}
OF = {
    "finetune": "fine-tuned from",
    "adapter": "an adapter of",
    "merge": "a merge of",
    "quantized": "quantised from",
}


@dataclass(frozen=True)
class Node:
    """`href` is None for what nobody here has seen."""

    name: str
    href: str | None
    downloads: int | None = None


@dataclass(frozen=True)
class Branch:
    relation: str
    heading: str
    count: int
    href: str
    nodes: tuple[Node, ...]


@dataclass(frozen=True)
class Box:
    """Of the picture, in its own units; `y` is that of the middle."""

    x: float
    y: float
    width: float
    title: str
    text: str
    kind: str
    href: str | None


@dataclass(frozen=True)
class Picture:
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[tuple[float, float, float, float], ...]


@dataclass(frozen=True)
class ModelTree:
    """`above`: the bases, then their bases, and so on; `how` the model came from the first."""

    name: str
    how: str
    above: tuple[tuple[Node, ...], ...]
    branches: tuple[Branch, ...]

    @property
    def picture(self) -> Picture:
        return drawn(self)

    def __bool__(self) -> bool:
        return bool(self.above or self.branches)


def tree_of(hub: Hub, actor: Actor, name: str, facts: Facts) -> ModelTree:
    return ModelTree(
        name=name,
        how=OF.get(facts.relation or "finetune", "made from"),
        above=tuple(_above(hub, actor, name, facts.base_models)),
        branches=tuple(_branches(hub, actor, name)),
    )


def href_of(name: str) -> str:
    return f"/{quote(name)}"


def _above(hub: Hub, actor: Actor, name: str, bases: Sequence[str]) -> list[tuple[Node, ...]]:
    levels, seen, room = list[tuple[Node, ...]](), {name.lower()}, MOST_NODES
    for _ in range(MOST_ABOVE):
        fresh = [it for it in dict.fromkeys(bases) if it.lower() not in seen]
        names = fresh[: min(MOST_BASES, room)]
        if not names:
            break
        known = hub.catalogue.named(actor, "model", names)
        seen |= {it.lower() for it in names}
        room -= len(names)
        rows = {it: known[it.lower()][0] for it in names if it.lower() in known}
        levels.append(tuple(Node(it, href_of(it) if it in rows else None) for it in names))
        bases = [base for row in rows.values() for base in _bases_of(hub, row)]
    return levels


def _bases_of(hub: Hub, row: Row) -> list[str]:
    if row.observed:
        return row.observed.facts.base_models
    assert row.repo is not None  # noqa: S101 - a row is one of the two
    return hub.catalogue.facts(row.repo).base_models


def _branches(hub: Hub, actor: Actor, name: str) -> list[Branch]:
    key = name.lower()
    counts = [
        hub.catalogue.children([name], observed=observed).get(key, {}) for observed in (False, True)
    ]
    found = []
    for relation in RELATIONS:
        count = sum(it.get(relation, 0) for it in counts)
        if not count:
            continue
        tag = f"base_model:{relation}:{name}"
        wanted = Filter("model", [[("tag", tag)]], origin="all")
        rows = hub.catalogue.popular(actor, wanted, SHOWN)
        nodes = [Node(it.full_name, href_of(it.full_name), it.counters.downloads) for it in rows]
        query = urlencode({"origin": "all", "sort": "downloads", "tag": tag})
        found.append(Branch(relation, WORDS[relation], count, f"/models?{query}", tuple(nodes)))
    return found


# -- the picture: 640 units wide ------------------------------------------------------------------

_WIDE, _ROW, _GAP = 640.0, 62, 10.0


def drawn(tree: ModelTree) -> Picture:
    rows = [
        [(it.name, "base", it.href, "base model" if n == 0 else "base of its base") for it in level]
        for n, level in reversed(list(enumerate(tree.above)))
    ]
    rows.append([(tree.name, "here", None, tree.how if tree.above else "this model")])
    rows.append([(f"{it.count:,}", "many", it.href, it.heading.lower()) for it in tree.branches])
    placed = [_row(row, n) for n, row in enumerate(rows) if row]
    lines = [
        (above.x + above.width / 2, above.y + 22, below.x + below.width / 2, below.y - 22)
        for upper, lower in itertools.pairwise(placed)
        for above in upper
        for below in lower
    ]
    boxes = tuple(box for row in placed for box in row)
    return Picture(len(placed) * _ROW, boxes, tuple(lines[:40]))


def _row(row: Sequence[tuple[str, str, str | None, str]], at: int) -> list[Box]:
    width = min(300.0, (_WIDE - _GAP * (len(row) - 1)) / len(row))
    left = (_WIDE - width * len(row) - _GAP * (len(row) - 1)) / 2
    most = int(width / 7.4)
    return [
        Box(
            x=left + n * (width + _GAP),
            y=at * _ROW + _ROW / 2,
            width=width,
            title=title if len(title) <= most else f"{title[: most - 1]}…",
            text=text,
            kind=kind,
            href=href,
        )
        for n, (title, kind, href, text) in enumerate(row)
    ]
