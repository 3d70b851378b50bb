"""What the curated facts say of each state of each repo, kept beside it (`classified`)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from hearthub.lake import Lake, Session, Writing
from hearthub.pulse.facts import FACTS_VERSION, Classified, Facts, Row
from hearthub.pulse.schema import CLASSIFIED
from hearthub.pulse.sources.reading import literal
from hearthub.pulse.statements import sql_text

BATCH = 10_000
_KINDS = ", ".join(f"'{name}': '{kind}'" for name, kind in CLASSIFIED.columns)


def append(writing: Writing, states: str) -> int:
    """Classify the rows of a SELECT of `state` rows; needs the table `repo_now`."""
    file = _write(writing.session, sql_text("states_named", states=states, repos="repo_now"))
    return writing.append("classified", _read(file)) if file else 0


def classify_again(lake: Lake) -> int:
    """By other facts than those of today: all of it anew; how many rows."""
    with lake.writing() as writing:
        session = writing.session
        others = session.value(
            "select count(*) from classified where facts_version <> $version", version=FACTS_VERSION
        )
        if not others:
            return 0
        file = _write(session, sql_text("states_named", states="select * from state", repos="repo"))
        return writing.replace("classified", _read(file)) if file else 0


def _write(session: Session, select: str) -> Path | None:
    """One line of JSON for each row: millions of them go in no list of ours."""
    file, names = session.scratch / "classified.jsonl", None
    facts = Facts.load()
    with file.open("wb") as lines:
        for batch in session.batches(select, BATCH):
            for row in batch:
                lines.write(orjson.dumps(_line(facts, *row), option=orjson.OPT_APPEND_NEWLINE))
                names = file
    return names


def _read(file: Path) -> str:
    return (
        f"select * from read_json({literal(str(file))}, "
        f"format = 'newline_delimited', columns = {{{_KINDS}}})"
    )
