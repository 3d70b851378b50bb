"""Windows of sources that have 30-day counters alone: blocks of 30 days, each told by its last day.

Before the first look nobody counted, and of a repo that came later nobody knows the earlier blocks.
A window that reached back so far would be about the few that were there all along: it is cut to
those last blocks of which most is known.
"""

from datetime import date

from hearthub.lake import Session
from hearthub.pulse.statements import sql_text
from hearthub.pulse.window import DAY, Window

DAYS = 30
MOST_KNOWN = 0.5
"""Of the downloads of the last 30 days: so much must be of repos whose other blocks are known."""

Block = tuple[date, float]
"""Its last day, and which part of its counter is in the window."""


def blocks_of(window: Window) -> list[Block]:
    """Last days of disjoint blocks that make up the window, the newest first."""
    whole, rest = divmod(window.days, DAYS)
    blocks = [(window.end - index * DAYS * DAY, 1.0) for index in range(whole)]
    if rest:
        day = window.start + (DAYS - 1) * DAY if whole else window.end
        blocks.append((day, rest / DAYS))
    return blocks


def since_first_look(asked: Window, first: date) -> Window:
    """The window without days that no counter tells of; cut to whole blocks, if it has one."""
    start = max(asked.start, min(first, asked.end) - (DAYS - 1) * DAY)
    found = Window(start, asked.end)
    if start > asked.start and found.days > DAYS:
        return last_blocks(found, found.days // DAYS)
    return found


def last_blocks(window: Window, count: int) -> Window:
    return Window(window.end - (count * DAYS - 1) * DAY, window.end)


def known_part(session: Session, window: Window, blocks: list[Block]) -> Window:
    """The same window, or its last blocks of which most is known. Needs `valued` (counted.py)."""
    if len(blocks) < 2:
        return window
    known, sums = "true", []
    for index, (day, _) in enumerate(blocks):
        known += f" and (r_{index} is not null or created_at::date > date '{day}')"
        sums.append(f"sum(d30) filter ({known}) as known_{index}")
    row = session.one(sql_text("blocks_known", sums=", ".join(sums)))
    enough = MOST_KNOWN * (row["everything"] or 0.0)
    if (row[f"known_{len(blocks) - 1}"] or 0.0) >= enough:
        return window
    whole = [index for index, (_, part) in enumerate(blocks) if part == 1.0]
    held = sum((row[f"known_{index}"] or 0.0) >= enough for index in whole)
    return last_blocks(window, max(1, held))
