"""Taking in what a source tells: one writing of the lake, all of it or nothing.

The order in which snapshots come does not matter. A value is written where it changes; one that
comes late, between two observations that were equal, needs the later one said again (late.py).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from hearthub.errors import BadRequest
from hearthub.lake import Lake, Row, Session, Writing
from hearthub.pulse import papers, streams
from hearthub.pulse.classify import classify
from hearthub.pulse.renames import note_renames
from hearthub.pulse.sources import Source
from hearthub.pulse.sources.incoming import Incoming, Options
from hearthub.pulse.sources.reading import literal
from hearthub.pulse.staging import Reject, Staged, named, stage
from hearthub.pulse.statements import sql_text
from hearthub.pulse.told import make_told

FUTURE = timedelta(days=1)
"""How far ahead of ours the clocks of others may be."""

MANY, MOST_GONE = 1000, 0.5
"""A listing without half of so many known repos is none."""

REPEATED = 1.1
"""Rows a repo below which a panel is no series but one look, whose rows have times of their own."""

_REJECT = "select $snapshot as snapshot_id, $reason as reason, $example as example, $n as n"


@dataclass(frozen=True)
class Ingested:
    snapshot: str
    rows: int = 0
    """Taken in."""
    repos: int = 0
    rejected: int = 0
    """Rows that were not taken in."""
    left_out: int = 0
    """Values that were none, of rows that were taken in."""
    is_new: bool = True
    """Else it was there, and nothing was done."""
    rejects: tuple[tuple[str, str, int], ...] = ()
    """(reason, example, number), the most frequent first."""


def ingest(lake: Lake, source: Source, options: Options) -> Ingested:
    """Raises BadRequest for a source of which nothing can be made."""
    readable = (options.path,) if options.path else ()
    with lake.writing(readable) as writing:
        session = writing.session
        incoming = source.prepare(session, options)
        snapshot = snapshot_id(incoming, options)
        if known := _known(session, snapshot) or _again(session, incoming, options):
            return known
        options.say("reading")
        for macro in ("repo_key", "pulse_short", "pulse_listed"):
            session.execute(sql_text(macro))
        return _Ingestion(writing, incoming, options, snapshot).run()


def snapshot_id(incoming: Incoming, options: Options) -> str:
    """The same content, read in the same way, is the same snapshot."""
    said = options.observed_at.isoformat() if options.observed_at else ""
    parts = (incoming.source, incoming.kind, incoming.type or "", said, options.map.canonical())
    return sha256("\n".join((*parts, incoming.digest)).encode()).hexdigest()


def _known(session: Session, snapshot: str) -> Ingested | None:
    found = session.rows("select * from snapshot where snapshot_id = $id", id=snapshot)
    if not found:
        return None
    row = found[0]
    return Ingested(snapshot, row["rows"], row["repos"], row["rejected"], is_new=False)


def _again(session: Session, incoming: Incoming, options: Options) -> Ingested | None:
    """The newest snapshot of the source, if it told the same on the same day (UTC).

    Days are all that the observatory tells apart. On another day it is worth a snapshot that
    nothing changed: counters stood still, and everybody was still there.
    """
    newest = session.rows(
        "select * from snapshot where source = $source "
        "order by observed_at desc, ingested_at desc limit 1",
        source=incoming.source,
    )
    content = content_id(incoming, options)
    if not newest or content is None or newest[0]["content"] != content:
        return None
    days = {at.date() for _, at in incoming.looked_at}
    if days != {newest[0]["observed_at"].date()}:
        return None
    return _known(session, newest[0]["snapshot_id"])


def content_id(incoming: Incoming, options: Options) -> str | None:
    """The same for the same content, read in the same way, at whatever time."""
    if incoming.content is None:
        return None
    parts = (incoming.source, incoming.kind, incoming.type or "", options.map.canonical())
    return sha256("\n".join((*parts, incoming.content)).encode()).hexdigest()


class _Ingestion:
    def __init__(
        self, writing: Writing, incoming: Incoming, options: Options, snapshot: str
    ) -> None:
        self.writing, self.session = writing, writing.session
        self.incoming, self.snapshot = incoming, snapshot
        self.content = content_id(incoming, options)
        self.now: datetime = options.now
        self.say: Callable[[str], None] = options.say

    def run(self) -> Ingested:
        latest = self.now + FUTURE
        if self.incoming.type == "paper":
            return self.finish(*papers.take(self.writing, self.incoming, latest))
        staged = stage(self.session, self.incoming, latest)
        self.say("comparing")
        self.captures(staged)
        self.presence(staged)
        self.say("writing: repos and edges")
        self.repos(staged)
        for stream in streams.told_by(self.incoming):
            self.say(f"writing: {stream.table}")
            conflicts, first = streams.changes(self.session, stream, self.incoming.source)
            if conflicts > staged.conflicts:
                staged.conflicts = conflicts
                staged.conflict = named(self.session, staged.file, first)
            self.writing.append(stream.table, stream.rows(staged.file))
        if self.incoming.is_described:
            self.say("classifying")
            classify(self.writing, streams.DESCRIPTION.rows(staged.file))
        counts = self.session.one(
            "select count(*) as rows, count(distinct repo_id) as repos, "
            '(select min("at") from captures) as first, (select max("at") from captures) as last '
            "from obs"
        )
        return self.finish(counts, staged.rejects(self.session, self.snapshot))

    def captures(self, staged: Staged) -> None:
        """When the source was looked at now, and in whole captures before."""
        self.session.execute(
            sql_text("captures", repeated=REPEATED if self.incoming.has_own_times else 0)
        )
        make_told(self.session, self.incoming, staged.file)
        for kind, at in self.incoming.looked_at:
            self.session.execute(
                "insert into captures select $type, $at, $at, 0 where not exists "
                '(select 1 from captures where type = $type and "at" = $at)',
                type=kind,
                at=at,
            )
        self.session.execute(
            'create temp table whole as select type, "at", bool_or(is_counted) as is_counted, '
            "bool_or(is_described) as is_described from capture "
            'where source = $source and is_whole group by type, "at"',
            source=self.incoming.source,
        )
        self.session.execute(sql_text("intervals"), source=self.incoming.source)

    def presence(self, staged: Staged) -> None:
        is_whole = self.incoming.is_whole
        file = literal(str(staged.file))
        self.session.execute(sql_text("absent", file=file))
        if is_whole:
            if not self.incoming.is_certain:
                self._refuse_slices()
        else:
            self.session.execute("delete from absent")
        self.session.execute(sql_text("presence"))
        self.writing.append(
            "presence",
            'select repo_id, "at", is_there from presence_now '
            "where not is_stored and is_there is distinct from before",
        )
        # Who is in a whole list follows from `presence`, unless it is there as removed.
        self.session.execute("create temp view seen_now as select * from obs")
        if is_whole:
            self.session.execute(
                "create or replace temp view seen_now as select * from obs where not is_there"
            )
        self.writing.append(
            "seen",
            'select repo_id, "at", is_there, $counted as is_counted, $described as is_described '
            "from seen_now",
            counted=self.incoming.is_counted,
            described=self.incoming.is_described,
        )

    def _refuse_slices(self) -> None:
        """Half of all repos do not go in a day: the file is cut, or it is no whole listing."""
        there = self.session.value(
            'select count(*) from there t join (select type, max("at") as "at" from captures '
            'group by type) c using (type) where t.since <= c."at" and c."at" < t.until'
        )
        gone = self.session.value(
            'select count(*) from absent a join (select type, max("at") as "at" from captures '
            'group by type) c using (type, "at")'
        )
        if there >= MANY and gone > MOST_GONE * there:
            raise BadRequest(
                f"{gone} of the {there} repos known to be there are not in it: if it is no whole "
                "listing, say `whole = false` in a map (--map)"
            )

    def repos(self, staged: Staged) -> None:
        file = literal(str(staged.file))
        self.session.execute(sql_text("repo_now", file=file), source=self.incoming.source)
        self.writing.replace("repo", "select * from repo_now")
        self.writing.replace("edge", sql_text("edges", file=file))
        if "formerly" in self.incoming.told:
            note_renames(self.writing, staged.file)

    def finish(self, counts: Row, rejects: list[Reject]) -> Ingested:
        told = self.incoming
        self.writing.append(
            "capture",
            'select $snapshot as snapshot_id, $source as source, type, "at", since, rows, '
            "$whole as is_whole, $counted as is_counted, $described as is_described, "
            "columns as told from captures left join told_columns using (type)",
            snapshot=self.snapshot,
            source=told.source,
            whole=told.is_whole,
            counted=told.is_counted,
            described=told.is_described,
        )
        for reason, example, n in rejects:
            self.writing.append("reject", _REJECT, snapshot=self.snapshot, reason=reason,
                                example=example, n=n)  # fmt: skip
        left_out = sum(n for reason, _, n in rejects if reason.startswith("left out"))
        rejected = sum(n for _, _, n in rejects) - left_out
        self.writing.append("snapshot", sql_text("snapshot"), **self._row(counts, rejected))
        return Ingested(
            self.snapshot,
            counts["rows"],
            counts["repos"],
            rejected,
            left_out,
            rejects=tuple(sorted(rejects, key=lambda it: (-it[2], it[0]))),
        )

    def _row(self, counts: Row, rejected: int) -> dict[str, object]:
        told = self.incoming
        return {
            "snapshot": self.snapshot,
            "source": told.source,
            "kind": told.kind,
            "type": told.type,
            "last": counts["last"],
            "first": counts["first"],
            "now": self.now,
            "rows": counts["rows"],
            "repos": counts["repos"],
            "rejected": rejected,
            "whole": told.is_whole,
            "licence": told.licence,
            "attribution": told.attribution,
            "origin": told.origin,
            "synthetic": told.is_synthetic,
            "content": self.content,
            "redistributable": told.is_redistributable,
        }
