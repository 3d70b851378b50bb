"""What trends by our own count, for lists, where a source has no scores."""

from hearthub.catalogue import Catalogue
from hearthub.lake import Lake
from hearthub.pulse.statements import sql_text


def show_scores(lake: Lake, catalogue: Catalogue) -> None:
    """By the rankings that are kept. Safe to run again."""
    with lake.reading() as session:
        rows = session.rows(sql_text("scores"))
    found: dict[tuple[str, str], dict[str, float]] = {}
    for row in rows:
        scores = found.setdefault((row["origin"], row["type"]), {})
        if row["id"] is not None:  # else it says only that a ranking was made
            scores[row["id"]] = row["value"]
    for (origin, kind), scores in found.items():
        catalogue.set_trending(kind, scores, origin)
