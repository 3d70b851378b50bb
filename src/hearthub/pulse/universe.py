"""Which repos a number is about: `TYPE[@SOURCE][/FILTER]`, such as `model@radar/active`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from hearthub.errors import BadRequest, NotFound
from hearthub.lake import Session

OWN = "own"
UNKNOWN = "unknown"
"""The class of what has no class: shown as every other one."""
TYPES = ("model", "dataset", "space")
FILTERS = {
    "all": "every repo that was there on a day of the window",
    "recent-90": "of them those created in the last 90 days of the window",
    "active": "of them those with 10 downloads in 30 days or a like, and not removed",
    "tracked": "of them those of organisations that the curated facts name",
}
_CONDITIONS = {
    "all": "true",
    "recent-90": "created_at >= $after::timestamp - interval 90 day",
    "active": "(coalesce(d30, 0) >= 10 or coalesce(likes_all, 0) >= 1) and not is_removed",
    "tracked": "org_type in ('industry', 'academia', 'government', 'collective')",
}
_GRAMMAR = re.compile(
    r"(?P<type>[a-z]+)(@(?P<source>[A-Za-z0-9][A-Za-z0-9._-]{0,63}))?(/(?P<filter>[a-z0-9-]+))?"
)


@dataclass(frozen=True)
class Universe:
    type: str
    source: str
    filter: str = "all"

    def __str__(self) -> str:
        return f"{self.type}@{self.source}/{self.filter}"

    @property
    def condition(self) -> str:
        """SQL over the columns of `u`; `$after` is midnight after the window."""
        return _CONDITIONS[self.filter]


def parts_of(text: str) -> tuple[str, str | None, str]:
    """Type, source (None where it names none) and filter. Raises BadRequest for what is none."""
    found = _GRAMMAR.fullmatch(text)
    if not found or found["type"] not in TYPES or (found["filter"] or "all") not in FILTERS:
        raise BadRequest(
            f"A universe is TYPE[@SOURCE][/FILTER] with a type of {', '.join(TYPES)} "
            f"and a filter of {', '.join(FILTERS)}"
        )
    return found["type"], found["source"], found["filter"] or "all"


def parse_universe(text: str, session: Session) -> Universe:
    """A universe of that lake. Raises BadRequest for what is none, NotFound for no such source.

    Without a source it is the one that has this type and was observed last (`newest`).
    """
    kind, source, condition = parts_of(text)
    last = observed(session, kind)
    source = source or newest(last)
    require_source(kind, source, sorted(last))
    return Universe(kind, source, condition)


def require_source(kind: str, source: str, sources: list[str]) -> None:
    if source not in sources:
        raise NotFound(f"No {kind} is known from {source!r} ({_listed(sources)})")


def observed(session: Session, kind: str | None = None) -> dict[str, datetime]:
    """When each source (that has repos of a type) was observed last; none of which no row could be
    taken."""
    having = "and source in (select source from repo where type = $type) " if kind else ""
    rows = session.rows(
        "select source, max(observed_at) as last from snapshot "  # noqa: S608
        f"where observed_at is not null {having}group by source",
        **({"type": kind} if kind else {}),
    )
    return {str(row["source"]): row["last"] for row in rows}


def newest(last: Mapping[str, datetime]) -> str:
    """The source that is meant where none is named: another hub before this one, and the one that
    was observed last."""
    return max(last, key=lambda name: (name != OWN, last[name], name), default=OWN)


def _listed(sources: list[str]) -> str:
    return f"there are {', '.join(sources[:20])}" if sources else "nothing was ingested yet"
