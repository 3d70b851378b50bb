"""Repos that go on under another name: what a source tells of former names."""

from pathlib import Path

from hearthub.lake import Writing
from hearthub.pulse.sources.reading import literal
from hearthub.pulse.statements import sql_text


def note_renames(writing: Writing, staged: Path) -> int:
    """Note each former name once, from the first time it was told; how many are new.

    Needs the table `obs` (staging.py).
    """
    return writing.append("alias", sql_text("renames", file=literal(str(staged))))
