"""How a frame is made: a few moments of the counters, one scan of the states, daily series."""

from datetime import date, datetime, timedelta

from hearthub.lake import Session
from hearthub.pulse.blocks import Block, blocks_of, known_part, since_first_look
from hearthub.pulse.counted import Wanted, count
from hearthub.pulse.days import Days, observed_days
from hearthub.pulse.facts import SIZE_CLASSES
from hearthub.pulse.frame import LAGS, Frame, Needs
from hearthub.pulse.latest import MONTHS, SPANS, Latest, latest
from hearthub.pulse.series import make_series
from hearthub.pulse.statements import sql_text
from hearthub.pulse.told import check_filter
from hearthub.pulse.universe import parse_universe
from hearthub.pulse.window import DAY, Window, parse_window

DOWNLOAD_LAGS = (0, 1, 7, 28)
"""Those of LAGS at which downloads are looked at as well."""
EARLIEST = date(2000, 1, 1)
"""Nothing that is measured is older: earlier dates are mistakes, or worse."""

CLASSES = (
    "country", "org_type", "modality", "licence_class", "architecture", "format", "quantisation",
    "size_class", "size_source", "family", "domain",
)  # fmt: skip
"""Columns of `classified` that have few values, all of them ours."""
TEXTS = ("pipeline_tag", "library", "license", "relation")
"""Columns of `state`."""
SPARED = frozenset({*CLASSES, *TEXTS, "first_seen", "params_stated", "params_active"})
"""Columns of `u` that it has where they are asked for (`Needs.columns`)."""
UNASKED = frozenset(
    {"id", "first_seen", "removed_at", "library", "license", "relation", "params_stated",
     "params_total", "params_active", "d_most", "trending_most"}
)  # fmt: skip
"""Columns of `u` that no question by month needs."""

WITHDRAWN = "withdrawn (repo_id bigint)"
"""Repos of this hub that are not public any more, though the lake has not heard (`Pulse.reading`).
"""


def open_frame(
    session: Session,
    universe: str,
    window: str,
    needs: Needs = Needs(),  # noqa: B008 - frozen
) -> Frame:
    """The frame of what a caller names. Raises BadRequest and NotFound as their parsers do."""
    frame, has_all = begin_frame(session, universe, window, needs)
    _build(frame, has_all)
    if needs.has_series:
        make_series(frame)
    return frame


def begin_frame(
    session: Session,
    universe: str,
    window: str,
    needs: Needs = Needs(),  # noqa: B008 - frozen
) -> tuple[Frame, bool]:
    """A frame that has but the tables about days and names; whether all-time counters are told."""
    found = parse_universe(universe, session)
    span = session.one(sql_text("span"), source=found.source, type=found.type, earliest=EARLIEST)
    last = _day(span["last"])
    first = min(max(_day(span["first"]), EARLIEST), last)
    asked = chosen = parse_window(window, first, last)
    days = observed_days(session, found)
    has_all = bool(session.value("select count(*) from observed_day where has_all"))
    if not has_all and days.live:
        # Only 30-day counters: downloads before the first of them were in nobody's sight.
        chosen = since_first_look(chosen, days.live[0])
    frame = Frame(session, found, chosen, days, needs)
    check_filter(found, frame.told)
    frame.asked = asked
    frame.make("renamed")
    session.execute(f"create temp table if not exists {WITHDRAWN}")
    return frame, has_all


def _build(frame: Frame, has_all: bool) -> None:
    session = frame.session
    blocks = _blocks(frame, has_all)
    gained = " + ".join(
        f"{part!r} * coalesce(r_{index}, case when created_at::date > date '{day}' then 0 end)"
        for index, (day, part) in enumerate(blocks)
    )
    columns = frame.needs.columns
    spare = SPARED - columns if columns is not None else frozenset()
    if not frame.needs.has_series:
        spare |= UNASKED
    classes = frozenset(CLASSES) - (spare - {"size_class"})
    _name_classes(session, classes)
    wanted = _wanted(frame.days, frame.window, frame.anchor, frame.needs.lags)
    wanted |= _wanted_of(frame.days, blocks)
    kept = latest(session, frame.universe, frame.window.end, moments_kept(frame))
    frame.make(
        "universe",
        joined=_joined_kept(frame, kept, wanted, classes)
        if kept and kept.file
        else joined(frame, wanted, classes),
        gone=_gone(session),
        days=frame.window.days,
        gained=gained or "null::double",
        spare="".join(f", r_{index}" for index in range(len(blocks))),
        unasked="".join(f", {name}" for name in sorted(spare)),
        condition=frame.universe.condition,
    )
    session.execute("drop table if exists valued")


def _gone(session: Session) -> str:
    """Conditions of `universe`; none of empty tables, which would cost as much as full ones."""
    tables = {"renamed": "old_repo", "withdrawn": "repo_id"}
    return "".join(
        f"\n        and r.repo_id not in (select {name} from {table})"  # noqa: S608
        for table, name in tables.items()
        if session.value(f"select count(*) from {table}")  # noqa: S608
    )


def joined(frame: Frame, wanted: Wanted, classes: frozenset[str]) -> str:
    """A SELECT of what all repos are, and of these moments; `classes` as enums. Makes `valued`."""
    _count(frame, wanted)
    return sql_text("joined", stood=sql_text("stood", classes=_classes(frame, classes)))


def _joined_kept(frame: Frame, kept: Latest, wanted: Wanted, classes: frozenset[str]) -> str:
    """The same from what is kept; `valued` is made of what is not among it."""
    columns, source = _kept_at(frame, kept, wanted)
    return sql_text("kept_joined", source=source, classes=_classes(frame, classes), columns=columns)


def stood_at(frame: Frame, wanted: Wanted) -> str:
    """A SELECT of repo_id and how the counters stood at these moments: of all repos, or of those
    alone that have any. May make `valued`."""
    kept = latest(frame.session, frame.universe, frame.window.end, moments_kept(frame))
    if kept is None or kept.file is None:
        _count(frame, wanted)
        return "select * from valued"
    columns, source = _kept_at(frame, kept, wanted)
    return f"select {columns}k.repo_id from {source}"  # noqa: S608


def _kept_at(frame: Frame, kept: Latest, wanted: Wanted) -> tuple[str, str]:
    """These moments and what tells them, as SQL; `valued` is made of what is not kept."""
    told = {name: kept.column(*moment) for name, moment in wanted.items()}
    more = {name: wanted[name] for name, column in told.items() if not column and wanted[name][1]}
    if more:
        _count(frame, more)
    columns = {
        name: f"v.{name}" if name in more else f"k.{column}" if column else "null::double"
        for name, column in told.items()
    }
    listed = "".join(f"{column} as {name}, " for name, column in columns.items())
    source = frame.session.part("latest", [kept.file] if kept.file else [])
    return listed, f"{source} k" + ("\nleft join valued v using (repo_id)" if more else "")


def _count(frame: Frame, wanted: Wanted) -> None:
    """Make `valued` (counted.py), where a repo has what it had under its former names, the last
    one first."""
    count(frame.session, wanted, frame.window.end, "sampled")
    if frame.session.value("select count(*) from renamed"):
        names = list(wanted)
        frame.session.execute(
            sql_text(
                "follow_renames",
                carried=", ".join(f"{n} = coalesce(valued.{n}, former.{n})" for n in names),
                former=", ".join(f"arg_min({n}, (steps, -{n})) as {n}" for n in names),
            )
        )


def _blocks(frame: Frame, has_all: bool) -> list[Block]:
    """Those of the frame's window, which is cut to what most is known of."""
    blocks = [] if has_all and frame.window.days > 31 else blocks_of(frame.window)
    if has_all or len(blocks) < 2:
        return blocks
    wanted = _wanted_of(frame.days, blocks) | {"d30": ("r", frame.days.knot(frame.window.end))}
    _count(frame, wanted)
    frame.window = known_part(frame.session, frame.window, blocks)
    return blocks_of(frame.window)


def _classes(frame: Frame, enums: frozenset[str]) -> str:
    return ", ".join(_class(frame, name) if name in enums else name for name in CLASSES)


def _class(frame: Frame, name: str) -> str:
    """Where no licence is ever told, nobody is known to state none."""
    is_told = name != "licence_class" or frame.why_not("licences") is None
    return f"{name if is_told else 'null'}::of_{name} as {name}"


def _name_classes(session: Session, classes: frozenset[str]) -> None:
    """An enum for each class of our facts: `u` is wide and long, and texts make it slow."""
    for name in sorted(classes):
        if not session.value(
            "select 1 from duckdb_types() where type_name = $name", name=f"of_{name}"
        ):
            session.execute(sql_text("classes", column=name, sizes=list(SIZE_CLASSES)))


def moments_kept(frame: Frame) -> Wanted:
    """Those of MOMENTS (latest.py), up to the frame's last day."""
    days, end = frame.days, frame.window.end
    wanted = _wanted(days, Window(end - 6 * DAY, end), frame.anchor, frozenset(LAGS))
    for span in SPANS:
        before = days.knot(end - timedelta(span))
        wanted |= {f"d_before_{span}": ("d", before), f"l_before_{span}": ("l", before)}
    start = end.replace(day=1)
    for index in range(MONTHS):
        wanted[f"d_month_{index}"] = ("d", days.knot(start - DAY))
        start = (start - DAY).replace(day=1)
    return wanted


def _wanted(days: Days, window: Window, anchor: date, lags: frozenset[int]) -> Wanted:
    wanted: Wanted = {
        "d_all": ("d", days.knot(window.end)),
        "likes_all": ("l", days.knot(window.end)),
        "d30": ("r", days.knot(window.end)),
        "d_start": ("d", days.knot(window.start - DAY)),
        "l_start": ("l", days.knot(window.start - DAY)),
    }
    for lag in sorted(lags):
        knot = days.knot(anchor - timedelta(lag))
        if lag in DOWNLOAD_LAGS:
            wanted[f"d_{lag}"] = ("d", knot)
        wanted[f"l_{lag}"] = ("l", knot)
    return wanted


def _wanted_of(days: Days, blocks: list[Block]) -> Wanted:
    return {f"r_{index}": ("r", days.knot(day)) for index, (day, _) in enumerate(blocks)}


def _day(value: date | datetime | None) -> date:
    if value is None:
        return EARLIEST
    return value.date() if isinstance(value, datetime) else value
