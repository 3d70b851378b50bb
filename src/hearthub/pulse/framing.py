"""How a frame is made: a few moments of the counters, one scan of the states, daily series."""

from datetime import date, datetime, timedelta

from hearthub.lake import Session
from hearthub.pulse.blocks import blocks_of, known_part, since_first_look
from hearthub.pulse.counted import Wanted, count
from hearthub.pulse.days import observed_days
from hearthub.pulse.frame import Frame, Needs
from hearthub.pulse.series import make_series
from hearthub.pulse.statements import sql_text
from hearthub.pulse.told import check_filter
from hearthub.pulse.universe import parse_universe
from hearthub.pulse.window import DAY, parse_window

DOWNLOAD_LAGS = (0, 1, 7, 28)
"""Those of LAGS at which downloads are looked at as well."""
EARLIEST = date(2000, 1, 1)
"""Nothing that is measured is older: earlier dates are mistakes, or worse."""

CLASSES = (
    "country", "org_type", "modality", "licence_class", "architecture", "format", "quantisation",
    "size_class", "size_source", "family", "domain",
)  # fmt: skip
"""Columns of `classified` that have few values, all of them ours."""
UNASKED = (
    ", id, first_seen, removed_at, library, license, relation, params_stated, params_total, "
    "params_active, d_most, trending_most"
)
"""Columns of `u` that no question by month needs."""
SIZES = ("<1B", "1-9B", "9-40B", "40-100B", "100-250B", "250B+")

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
    _build(frame, has_all)
    if needs.has_series:
        make_series(frame)
    return frame


def _build(frame: Frame, has_all: bool) -> None:
    session = frame.session
    blocks = [] if has_all and frame.window.days > 31 else blocks_of(frame.window)
    wanted = _wanted(frame, blocks)
    frame.make("renamed")
    session.execute(f"create temp table if not exists {WITHDRAWN}")
    count(session, wanted, frame.window.end, "sampled")
    if not has_all and (part := known_part(session, frame.window, blocks)) != frame.window:
        frame.window, blocks = part, blocks_of(part)
        wanted = _wanted(frame, blocks)
        count(session, wanted, part.end, "sampled")
    if session.value("select count(*) from renamed"):
        names = list(wanted)
        session.execute(
            sql_text(
                "follow_renames",
                carried=", ".join(f"{n} = coalesce(valued.{n}, former.{n})" for n in names),
                former=", ".join(f"max({n}) as {n}" for n in names),
            )
        )
    gained = " + ".join(
        f"{part!r} * coalesce(r_{index}, case when created_at::date > date '{day}' then 0 end)"
        for index, (day, part) in enumerate(blocks)
    )
    _name_classes(session)
    frame.make(
        "universe",
        stood=sql_text("stood", classes=", ".join(_class(frame, name) for name in CLASSES)),
        days=frame.window.days,
        gained=gained or "null::double",
        spare="".join(f", r_{index}" for index in range(len(blocks))),
        unasked="" if frame.needs.has_series else UNASKED,
        condition=frame.universe.condition,
    )
    session.execute("drop table valued")


def _class(frame: Frame, name: str) -> str:
    """Where no licence is ever told, nobody is known to state none."""
    is_told = name != "licence_class" or frame.why_not("licences") is None
    return f"{name if is_told else 'null'}::of_{name} as {name}"


def _name_classes(session: Session) -> None:
    """An enum for each class of our facts: `u` is wide and long, and texts make it slow."""
    for name in CLASSES:
        if not session.value(
            "select 1 from duckdb_types() where type_name = $name", name=f"of_{name}"
        ):
            session.execute(sql_text("classes", column=name, sizes=list(SIZES)))


def _wanted(frame: Frame, blocks: list[tuple[date, float]]) -> Wanted:
    days, window = frame.days, frame.window
    wanted: Wanted = {
        "d_all": ("d", days.knot(window.end)),
        "likes_all": ("l", days.knot(window.end)),
        "d30": ("r", days.knot(window.end)),
        "d_start": ("d", days.knot(window.start - DAY)),
        "l_start": ("l", days.knot(window.start - DAY)),
    }
    for lag in sorted(frame.needs.lags):
        knot = days.knot(frame.anchor - timedelta(lag))
        if lag in DOWNLOAD_LAGS:
            wanted[f"d_{lag}"] = ("d", knot)
        wanted[f"l_{lag}"] = ("l", knot)
    return wanted | {f"r_{index}": ("r", days.knot(day)) for index, (day, _) in enumerate(blocks)}


def _day(value: date | datetime | None) -> date:
    if value is None:
        return EARLIEST
    return value.date() if isinstance(value, datetime) else value
