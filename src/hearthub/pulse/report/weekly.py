"""The weekly pulse: which numbers it asks for, and what is said of them."""

from collections.abc import Iterator
from datetime import date, timedelta

from hearthub.lake import Row
from hearthub.pulse.report.asking import Answers, Ask, Spec
from hearthub.pulse.report.closing import closing
from hearthub.pulse.report.document import (
    Block,
    Chart,
    Column,
    Number,
    Point,
    Section,
    Sentence,
    Slot,
    Table,
    Term,
    Text,
)
from hearthub.pulse.report.leaving import left_out, untold
from hearthub.pulse.told import NO_WEEKS, ONE_LOOK

DAYS = 7
TOLD = 5
"""Risers that have a sentence each."""
SHOWN = 15
YOUNG = 30
"""Days up to which a repo is new."""
WEEK, DATA = "week", "data"
_WEEK: tuple[Ask, ...] = (
    ("period_downloads", None),
    ("period_downloads", "basis"),
    ("pace", None),
    ("risers", None),
    ("new_repos", None),
    ("new_repos", "relation"),
    ("new_repos", "author"),
    ("new_repos", "lab"),
    ("new_repos", "licence_class"),
    ("new_repos", "repo"),
    ("themes", None),
    ("themes", "repo"),
    ("movers", "repo"),
    ("newcomers", None),
    ("newcomers", "repo"),
    ("licence_drift", None),
    ("one_gpu", None),
    ("one_gpu", "repo"),
    ("watched_not_used", None),
    ("anomalies", None),
)


def specs(universe: str, until: date) -> dict[str, Spec]:
    window = f"{until - timedelta(DAYS - 1)}..{until}"
    return {
        WEEK: Spec(universe, window, _WEEK, wants_risers=True),
        DATA: Spec(
            "dataset@" + source_of(universe),
            window,
            (("dataset_growth", "domain"),),
            is_optional=True,
        ),
    }


def source_of(universe: str) -> str:
    """Of a universe in full, as `model@radar/active`."""
    return universe.partition("@")[2].partition("/")[0]


def sections(answers: Answers) -> tuple[Section, ...]:
    parts = {
        "week": list(_head(answers)),
        "rising": list(_rising(answers)),
        "new": list(_new(answers)),
        "themes": list(_themes(answers)),
        "movers": list(_movers(answers)),
        "newcomers": list(_newcomers(answers)),
        "licences": list(_licences(answers)),
        "gpu": list(_gpu(answers)),
        "datasets": list(_datasets(answers)),
        "care": list(_care(answers)),
    }
    return tuple(Section(name, tuple(blocks)) for name, blocks in parts.items() if blocks)


def _head(answers: Answers) -> Iterator[Block]:
    if found := answers.one(WEEK, "period_downloads"):
        yield Sentence("week.downloads", {"downloads": found})
        if by_d30 := answers.one(WEEK, "period_downloads", "d30", "basis"):
            yield Sentence("week.by_d30", {"downloads": by_d30})
    elif reasons := list(left_out(answers, WEEK, "downloads", ("period_downloads", None))):
        yield from reasons
    else:
        yield Sentence("week.downloads_unknown")
    days = answers.one(WEEK, "anomalies", "stall days")
    if days and answers.observed[WEEK] < 2:
        yield Sentence("week.single", {"days": days})
    if pace := answers.one(WEEK, "pace"):
        yield Sentence(f"week.pace_{_direction(pace)}", {"pace": pace})
    else:
        yield Sentence("week.pace_unknown")


def _direction(ratio: Number) -> str:
    """A change inside its interval is none."""
    low, high = ratio.row.lo, ratio.row.hi
    if low is None or high is None or low <= 1 <= high:
        return "flat"
    return "up" if low > 1 else "down"


def _rising(answers: Answers) -> Iterator[Block]:
    parts = answers.parts(WEEK, "risers")
    rows = [row for row in answers.risers if row["id"] in parts]
    if not rows:
        reasons = list(left_out(answers, WEEK, "rising", ("risers", None)))
        yield from reasons or [Sentence("rising.none")]
        return
    for row in rows[:TOLD]:
        yield _why(row, parts[row["id"]])
    yield Sentence("rising.what")
    yield Table(
        "risers",
        (
            Column("repo"),
            Column("score", "decimal"),
            Column("age", "decimal"),
            Column("parameters", "params"),
            Column("children", "count"),
            Column("quants", "count"),
            Column("licence"),
        ),
        tuple(
            (
                Text(row["id"]),
                *(parts[row["id"]].get(name) for name in
                  ("score", "age", "parameters", "children", "quantised children")),
                _licence(answers, row),
            )
            for row in rows[:SHOWN]
        ),
    )  # fmt: skip
    points = (Point(Text(row["id"]), parts[row["id"]]["score"]) for row in rows[:SHOWN])
    yield Chart("rising", "bars", "decimal", tuple(points))


def _licence(answers: Answers, row: Row) -> Slot:
    if row["license"]:
        return Text(row["license"])
    return Term("licence", "unknown" if "licences" in answers.lacks[WEEK] else "none")


def _why(row: Row, parts: dict[str, Number]) -> Sentence:
    """The most telling reason that the data give."""
    slots: dict[str, Slot] = {
        "score": parts["score"],
        "name": Text(row["id"]),
        "author": Text(row["author"]),
        "org": Term("org_type", row["org_type"]),
        **{key: parts[name] for key, name in _REASONS.items() if name in parts},
    }
    if row["bases"]:
        slots["bases"] = Text(row["bases"])
        if row["relation"] == "quantized":
            return Sentence("rising.quantised", slots)
        alone = "derived" if "children" in slots else "derived_alone"
        key = row["relation"] if row["relation"] in ("adapter", "merge") else alone
        return Sentence(f"rising.{key}", slots)
    if "children" not in slots:
        return Sentence("rising.alone", slots)
    if "age" not in slots:
        return Sentence("rising.undated", slots)
    age, quants = parts["age"].row.value or 0.0, parts["quantised children"].row.value or 0.0
    if age > YOUNG:
        return Sentence("rising.old", slots)
    return Sentence("rising.new_quants" if quants else "rising.new", slots)


_REASONS = {"age": "age", "children": "children", "quants": "quantised children"}


def _new(answers: Answers) -> Iterator[Block]:
    yield from left_out(answers, WEEK, "new", ("new_repos", None))
    if not (found := answers.one(WEEK, "new_repos")):
        return
    yield Sentence("new.count", {"new": found})
    if not found.row.value:
        return
    quants = answers.one(WEEK, "newcomers", "day-one quants")
    if quants:
        yield Sentence("new.quants", {"quants": quants})
    labs = [n for n in answers.all(WEEK, "new_repos", "lab") if n.row.dimension != "others"]
    for number in labs[:TOLD]:
        yield Sentence("new.lab", {"new": number, "author": Text(number.row.dimension or "")})
    relations = answers.all(WEEK, "new_repos", "relation")
    yield _classes("new_relations", "relation", relations)
    yield Table(
        "new_authors",
        (Column("author"), Column("new", "count")),
        tuple(
            (Text(number.row.dimension or ""), number)
            for number in answers.all(WEEK, "new_repos", "author")[:10]
        ),
    )
    liked = answers.all(WEEK, "new_repos", "repo")[:10]
    if liked:
        yield Table(
            "new_liked",
            (Column("repo"), Column("likes", "count")),
            tuple((Text(number.row.dimension or ""), number) for number in liked),
        )


def _classes(id_: str, group: str, numbers: list[Number]) -> Table:
    return Table(
        id_,
        (Column(group), Column("new", "count"), Column("of", "count", "denominator")),
        # Of nothing there is one row, which is of no class.
        tuple((Term(group, n.row.dimension), n, n) for n in numbers if n.row.dimension),
    )


def _themes(answers: Answers) -> Iterator[Block]:
    parts = answers.parts(WEEK, "themes")
    first: dict[str, Number] = {}
    for number in answers.all(WEEK, "themes", "repo"):
        theme, _, _ = (number.row.dimension or "").partition(" / ")
        first.setdefault(theme, number)
    for theme, found in parts.items():
        slots: dict[str, Slot] = {"theme": Term("theme", theme)}
        slots |= {key: found[key] for key in ("new", "repos", "likes") if key in found}
        if theme in first and "likes" in found:
            top = first[theme]
            slots |= {"top": top, "name": Text((top.row.dimension or "").partition(" / ")[2])}
        how = "with_top" if "top" in slots else "quiet"
        yield Sentence(f"themes.{how}" if "new" in slots else f"themes.undated_{how}", slots)
    if parts:
        yield Table(
            "themes",
            (
                Column("theme"), Column("repos", "count"), Column("new", "count"),
                Column("likes", "count"), Column("downloads", "count"),
            ),
            tuple(
                (Term("theme", theme),
                 *(found.get(key) for key in ("repos", "new", "likes", "downloads")))
                for theme, found in parts.items()
            ),
        )  # fmt: skip
        yield from untold(answers, WEEK, "theme_new", "dates of creation")
        yield from untold(answers, WEEK, "theme_likes", "likes")
        born = tuple(
            Point(Term("theme", t), found["new"]) for t, found in parts.items() if "new" in found
        )
        if born:
            yield Chart("themes", "bars", "count", born)
    yield Sentence("themes.known")


def _movers(answers: Answers) -> Iterator[Block]:
    movers = answers.all(WEEK, "movers", "repo")
    pace = answers.one(WEEK, "pace")
    if not movers:
        reason = answers.why(WEEK, "movers", "repo")
        if reason and reason != NO_WEEKS:
            yield from left_out(answers, WEEK, "movers", ("movers", "repo"))
            return
        yield Sentence("movers.none" if pace else "movers.unknown")
        return
    up = [number for number in movers if (number.row.value or 0) > 0]
    yield Sentence("movers.some", {"tested": movers[0]})
    for number in (*up[:3], *[n for n in movers if n not in up][:3]):
        key = "movers.up" if number in up else "movers.down"
        yield Sentence(key, {"growth": number, "name": Text(number.row.dimension or "")})
    yield Table(
        "movers",
        (
            Column("repo"), Column("week", "count", "numerator"),
            Column("before", "count", "denominator"), Column("growth", "log"),
            Column("low", "log", "lo"), Column("high", "log", "hi"),
        ),
        tuple((Text(n.row.dimension or ""), n, n, n, n, n) for n in movers[:SHOWN]),
    )  # fmt: skip


def _newcomers(answers: Answers) -> Iterator[Block]:
    new = answers.one(WEEK, "newcomers", "new")
    again = answers.one(WEEK, "newcomers", "again")
    if not new or not again:
        if answers.why(WEEK, "newcomers") in (None, ONE_LOOK):
            yield Sentence("newcomers.unknown")
        else:
            yield from left_out(answers, WEEK, "newcomers", ("newcomers", None))
        return
    yield Sentence("newcomers.count", {"new": new, "again": again})
    listed = [
        (Term("newcomer", kind), Text(name), number)
        for kind, name, number in _kinds(answers.all(WEEK, "newcomers", "repo"))
        if kind in ("new", "again")
    ][: 2 * SHOWN]
    if listed:
        yield Table(
            "newcomers",
            (Column("kind"), Column("repo"), Column("entries", "count")),
            tuple(listed),
        )
    quants = [
        (Text(name), number)
        for kind, name, number in _kinds(answers.all(WEEK, "newcomers", "repo"))
        if kind == "day-one quants"
    ][:10]
    if quants:
        columns = (Column("base"), Column("quants", "count"))
        yield Table("day_one_quants", columns, tuple(quants))


def _kinds(numbers: list[Number]) -> Iterator[tuple[str, str, Number]]:
    for number in numbers:
        kind, _, name = (number.row.dimension or "").partition(" / ")
        yield kind, name, number


def _licences(answers: Answers) -> Iterator[Block]:
    classes = answers.all(WEEK, "new_repos", "licence_class")
    if any(number.row.dimension for number in classes):
        yield _classes("new_licences", "licence_class", classes)
    parts = answers.parts(WEEK, "risers")
    yield from untold(answers, WEEK, "licences", "licences")
    for row in answers.risers[:SHOWN] if "licences" not in answers.lacks[WEEK] else ():
        if row["licence_class"] not in ("permissive", "copyleft") and row["id"] in parts:
            slots: dict[str, Slot] = {
                "score": parts[row["id"]]["score"],
                "name": Text(row["id"]),
                "licence": _licence(answers, row),
            }
            yield Sentence(f"licences.{row['licence_class'].replace('-', '_')}", slots)
    if drift := answers.one(WEEK, "licence_drift"):
        yield Sentence("licences.drift", {"drift": drift})
    else:
        yield from left_out(answers, WEEK, "drift", ("licence_drift", None))


def _gpu(answers: Answers) -> Iterator[Block]:
    counts = answers.all(WEEK, "one_gpu")
    if not counts or not counts[0].row.denominator:
        reasons = list(left_out(answers, WEEK, "gpu", ("one_gpu", None)))
        yield from reasons or [Sentence("gpu.unknown")]
        return
    yield Sentence("gpu.rule")
    for number in counts:
        card, _, bits = (number.row.dimension or "").partition(" / ")
        yield Sentence("gpu.fit", {"fit": number, "card": Text(card), "bits": Term("bits", bits)})
    parts = answers.parts(WEEK, "one_gpu", "repo")
    yield Table(
        "gpu",
        (Column("repo"), Column("at4", "size"), Column("at16", "size")),
        tuple(
            (Text(name), found.get("4 bits"), found.get("16 bits"))
            for name, found in list(parts.items())[:SHOWN]
        ),
    )


def _datasets(answers: Answers) -> Iterator[Block]:
    if DATA not in answers.universes:
        yield Sentence("datasets.absent")
        return
    yield from growth(answers, DATA)


def growth(answers: Answers, frame: str) -> Iterator[Block]:
    """Data sets by domain, robotics first."""
    if reasons := list(left_out(answers, frame, "datasets", ("dataset_growth", "domain"))):
        yield from reasons
        return
    parts = {
        name: found
        for name, found in answers.parts(frame, "dataset_growth", "domain").items()
        if "flow" in found and "stock" in found
    }
    if "robotics" in parts:
        yield Sentence("datasets.robotics", dict(parts["robotics"]))
    else:
        yield Sentence("datasets.no_robotics")
    keys = ("flow", "stock", "gross flow", "authors", "median per author", "by one author")
    yield Table(
        f"{frame}_datasets",
        (
            Column("domain"), Column("flow", "count"), Column("stock", "count"),
            Column("gross", "count"), Column("authors", "count"),
            Column("per_author", "decimal"), Column("by_one", "count"),
        ),
        tuple(
            (Term("domain", name), *(found.get(key) for key in keys))
            for name, found in list(parts.items())[:SHOWN]
        ),
    )  # fmt: skip


def _care(answers: Answers) -> Iterator[Block]:
    yield from closing(answers, WEEK)
