"""What the curated facts say of each state of each repo, kept beside it (`classified`).

A pure function of one row and the facts, so that it does not depend on what else is known and when.
"""

from pathlib import Path
from typing import Any

import orjson

from hearthub.lake import Lake, Session, Writing
from hearthub.pulse.facts import Facts, Row
from hearthub.pulse.schema import CLASSIFIED
from hearthub.pulse.sources.reading import literal
from hearthub.pulse.statements import sql_text

FACTS_VERSION = 2
"""To be raised when the facts change, or the rules that read them: all is then classified anew."""

BATCH = 10_000
_COLUMNS = ", ".join(f"'{name}': '{kind}'" for name, kind in CLASSIFIED.columns)


def classify(writing: Writing, states: str) -> int:
    """Classify the rows of a SELECT of rows of `state`; needs the table `repo_now`."""
    select = sql_text("states_named", states=states, repos="repo_now")
    return writing.append("classified", _classified(writing.session, select))


def classify_again(lake: Lake) -> int:
    """What was classified by other facts than those of today, and then all; how many rows."""
    with lake.writing() as writing:
        session = writing.session
        old = "select count(*) from classified where facts_version <> $version"
        if not session.value(old, version=FACTS_VERSION):
            return 0
        select = sql_text("states_named", states="select * from state", repos="repo")
        return writing.replace("classified", _classified(session, select))


def _classified(session: Session, select: str) -> str:
    """A SELECT of what was made of those rows; it lies in a file: there may be millions."""
    file: Path = session.scratch / "classified.jsonl"
    facts = Facts.load()
    with file.open("wb") as lines:
        for batch in session.batches(select, BATCH):
            for row in batch:
                lines.write(_line(facts, *row))
    return (
        f"select * from read_json({literal(str(file))}, "  # noqa: S608
        f"format = 'newline_delimited', columns = {{{_COLUMNS}}})"
    )


def _line(
    facts: Facts,
    repo_id: int,
    at: Any,
    kind: str,
    name: str,
    tags: list[str] | None,
    pipeline_tag: str | None,
    library: str | None,
    licence: str | None,
    formats: list[str] | None,
    base_models: list[str] | None,
    relation: str | None,
    parameters: int | None,
    is_packed: bool | None,
    gguf_parameters: int | None,
) -> bytes:
    # Which dtypes there were is not kept, only whether they hold several weights in one element.
    dtype = None if is_packed is None else "U8" if is_packed else "BF16"
    tags = tags or []
    found = facts.classify(
        Row(
            id=name,
            type=kind,
            tags=tags,
            task=pipeline_tag,
            task_categories=_categories(kind, tags, pipeline_tag),
            library=library,
            licence=licence,
            formats=formats or [],
            bases=base_models or [],
            relation=relation,
            parameters=parameters,
            dtypes={dtype: parameters} if dtype and parameters else None,
            gguf_parameters=gguf_parameters,
        )
    )
    is_model = kind == "model"
    row = {
        "repo_id": repo_id,
        "at": at.isoformat(sep=" "),
        "facts_version": FACTS_VERSION,
        "country": found.country,
        "org_type": found.org_type,
        "modality": found.modality if is_model else None,
        "licence_class": found.licence_class,
        "architecture": found.architecture if is_model else None,
        "format": found.format,
        "quantisation": found.quantisation,
        "size_class": found.size_class,
        "params_total": found.params_total,
        "params_active": found.params_active,
        "params_effective": found.params_effective,
        "size_source": found.size_source,
        "size_conf": found.size_conf,
        "family": found.family,
        "domain": None if is_model else found.modality,
        "themes": found.themes,
    }
    return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


def _categories(kind: str, tags: list[str], task: str | None) -> list[str]:
    """Of a data set: those of its tags, else what a panel tells in the column of the task."""
    if kind == "model":
        return []
    told = [tag[16:] for tag in tags if tag.startswith("task_categories:")]
    return told or ([task] if task and kind == "dataset" else [])
