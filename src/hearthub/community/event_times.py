"""Where in the event log a time is. Ids rise with time, so that no index of times is needed."""

from hearthub.db import Database

SLACK_MS = 600_000
"""By how much an event may be older than one with a smaller id: clocks of several nodes differ, and
what a long transaction tells of is from its beginning."""


def first_from(db: Database, ms: int) -> int:
    """An id from which on events are of `ms` or later, give or take what clocks differ; one more
    than the last where none is."""
    low, high = 0, int(db.value("select max(id) from event") or 0) + 1
    while low < high:  # the first event from `middle` on decides: ids have gaps
        middle = (low + high) // 2
        row = db.one('select id, "at" from event where id >= :id order by id limit 1', id=middle)
        if row is None or row.at >= ms:
            high = middle
        else:
            low = row.id + 1
    return low
