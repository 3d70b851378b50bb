"""Making `latest` (latest.py): a job's work, after the standings of months that it is made from."""

from hearthub.lake import Lake, Session, Writing
from hearthub.pulse.framing import begin_frame, joined, moments_kept
from hearthub.pulse.latest import Latest, latest
from hearthub.pulse.universe import OWN

ALL_OF_IT = "7d"
"""Any window that ends on the last day."""


def keep_latest(lake: Lake) -> int:
    """Make what is missing or stale; of how many sources and types."""
    if not lake.version:
        return 0
    with lake.reading() as session:
        used = {it.file for it in (_latest(session, name) for name in _universes(session)) if it}
        if None not in used and used == {*session.files("latest")}:
            return 0
    made = 0
    with lake.writing() as writing:
        names = _universes(writing.session)
        known = {name: _latest(writing.session, name) for name in names}
        used = {it.file for it in known.values() if it}
        writing.forget("latest", [f for f in writing.session.files("latest") if f not in used])
        for name, kept in known.items():
            if kept and kept.file is None:
                _make(writing, name, kept)
                made += 1
    return made


def _universes(session: Session) -> list[str]:
    rows = session.rows(
        "select distinct source, type from repo where source <> $own order by source, type", own=OWN
    )
    return [f"{row['type']}@{row['source']}" for row in rows if row["type"] != "paper"]


def _latest(session: Session, name: str) -> Latest | None:
    frame, _ = begin_frame(session, name, ALL_OF_IT)
    return latest(session, frame.universe, frame.window.end, moments_kept(frame))


def _make(writing: Writing, name: str, kept: Latest) -> None:
    session = writing.session
    frame, _ = begin_frame(session, name, ALL_OF_IT)
    wanted = moments_kept(frame)
    select = joined(frame, wanted, frozenset())
    writing.keep(
        "latest",
        kept.key,
        f"select * replace ({kept.stored(wanted)}) from ({select})",  # noqa: S608
        source=frame.universe.source,
        type=frame.universe.type,
        after=frame.window.after,
    )
    session.execute("drop table valued")
