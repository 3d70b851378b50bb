"""Daily papers: a history of their own, without names of repos and counters of downloads."""

from datetime import datetime

from hearthub.lake import Row, Writing
from hearthub.pulse.sources.incoming import Incoming
from hearthub.pulse.staging import MOST, Reject
from hearthub.pulse.statements import sql_text


def take(writing: Writing, incoming: Incoming, latest: datetime) -> tuple[Row, list[Reject]]:
    """Reads `incoming_papers`; leaves the table `captures`. Counts, and what was refused."""
    session = writing.session
    session.execute(sql_text("papers", most=MOST), latest=latest)
    session.execute(
        'create temp table captures as select \'paper\' as type, "at", "at" as since, '
        'count(*) as rows from papers_told where problem is null group by "at"'
    )
    session.execute("create temp table told_columns (type varchar, columns varchar[])")
    writing.append("paper", sql_text("paper_rows"), source=incoming.source)
    counts = session.one(
        "select count(*) as rows, count(distinct paper_id) as repos, "
        'min("at") as first, max("at") as last from papers_told where problem is null'
    )
    found = session.rows(
        "select problem as reason, min(coalesce(paper_id, title, ''))[:200] as example, "
        "count(*) as n "
        "from papers_told where problem is not null group by problem"
    )
    return counts, [(row["reason"], row["example"] or "", row["n"]) for row in found]
