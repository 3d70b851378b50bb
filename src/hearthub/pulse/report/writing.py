"""The files of a report.

report.md  report.html        in English; report.ja.md and so on in Japanese
report.json                   sentences in both, and every number with what makes it again
chart-NAME.svg                the charts for a light page, .ja.svg in Japanese
chart-NAME.dark.svg           and for a dark one
chart-NAME.csv                the rows behind each; these two without what is about a single repo
                              where a source may not be passed on (sharing.py)
"""

import logging
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import orjson

from hearthub.errors import Unavailable
from hearthub.pulse.charts import Charts, Pictures
from hearthub.pulse.report.document import Block, Number, Report, Sentence, Table, slot_json
from hearthub.pulse.report.html import html
from hearthub.pulse.report.markdown import markdown
from hearthub.pulse.report.rendering import Rendering, chart_csv
from hearthub.pulse.report.sentences import LANGUAGES, words
from hearthub.pulse.report.sharing import shareable, shareable_charts

log = logging.getLogger(__name__)

FORMAT = 1
"""Of report.json."""


def write_report(
    report: Report, folder: Path, languages: tuple[str, ...], charts: Charts
) -> list[Path]:
    """Each file is there whole or as it was. The first language has the names without a suffix.

    Charts that cannot be drawn are left out, and the report says so.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pictures = _pictures(report, languages, charts)
    return [_put(folder / name, content) for name, content in _files(report, languages, pictures)]


def _pictures(report: Report, languages: tuple[str, ...], charts: Charts) -> Mapping[str, Pictures]:
    drafts = [Rendering(report, words(language)) for language in languages]
    try:
        return charts.pictures(it.drawing(chart) for it in drafts for chart in report.charts())
    except Unavailable as error:
        log.warning("the charts of a report are not drawn: %s", error)
        return {}


def _files(
    report: Report, languages: tuple[str, ...], pictures: Mapping[str, Pictures]
) -> Iterator[tuple[str, bytes]]:
    suffixes = {
        language: f".{language}" if index else "" for index, language in enumerate(languages)
    }
    for language, suffix in suffixes.items():
        rendering = Rendering(report, words(language), pictures)
        others = [f"report{each}.html" for each in suffixes.values() if each != suffix]
        for chart in report.charts():
            if drawn := pictures.get(rendering.drawing(chart).key):
                yield f"chart-{chart.id}{suffix}.svg", drawn.light.encode()
                yield f"chart-{chart.id}{suffix}.dark.svg", drawn.dark.encode()
        yield f"report{suffix}.md", markdown(rendering, suffix).encode()
        yield f"report{suffix}.html", html(rendering, others[0] if others else None).encode()
    ids = report.numbers()
    for chart in shareable_charts(report):
        text = chart_csv(chart, ids, is_synthetic=report.is_synthetic)
        yield f"chart-{chart.id}.csv", text.encode()
    # Last: whoever finds it finds all.
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    yield "report.json", orjson.dumps(to_json(shareable(report), ids), option=options)


def title_of(report: Report, language: str) -> str:
    return Rendering(report, words(language)).title()


def headline_of(report: Report, language: str, sentences: int) -> str:
    """Its first sentences, in plain text; of a week what rose most comes before how much."""
    said = {
        section.id: [it for it in section.blocks if isinstance(it, Sentence)]
        for section in report.sections
    }
    first = said.pop("rising", [])[:2]
    chosen = [*first, *chain.from_iterable(said.values())][:sentences]
    text = " ".join(words(language).sentence(it) for it in chosen)
    return Rendering(report, words(language)).labelled(text)


def to_json(report: Report, ids: Mapping[Number, str] | None = None) -> dict[str, Any]:
    """`ids`: of its numbers, where it is a part of a report that has more."""
    shown = report.numbers()
    ids = ids or shown
    return {
        "format": FORMAT,
        "report": report.kind,
        "until": report.until.isoformat(),
        "universe": report.universe,
        "window": report.window,
        "synthetic": report.is_synthetic,
        "sources": [
            {
                "source": source.name,
                "licence": source.licence,
                "attribution": source.attribution,
                "synthetic": source.is_synthetic,
                "redistributable": source.is_redistributable,
                "snapshots": list(source.snapshots),
            }
            for source in report.sources
        ],
        "sections": [
            {
                "section": section.id,
                "title": {each: words(each).word(f"section.{section.id}") for each in LANGUAGES},
                "blocks": [_block_json(block, ids) for block in section.blocks],
            }
            for section in report.sections
        ],
        "numbers": {
            id_: {
                "row": number.row.to_json(),
                "query": {
                    "metric": number.query.metric,
                    "by": number.query.by,
                    "universe": number.query.universe,
                    "window": number.query.window,
                },
            }
            for number, id_ in ids.items()
            if number in shown
        },
    }


def _block_json(block: Block, ids: Mapping[Number, str]) -> dict[str, Any]:
    if isinstance(block, Sentence):
        return {
            "sentence": block.key,
            "slots": {name: slot_json(slot, ids) for name, slot in block.slots.items()},
            "text": {each: words(each).sentence(block) for each in LANGUAGES},
        }
    if isinstance(block, Table):
        return {
            "table": block.id,
            "columns": [{"column": c.key, "form": c.form, "of": c.of} for c in block.columns],
            "rows": [[slot_json(cell, ids) for cell in row] for row in block.rows],
        }
    return {
        "chart": block.id,
        "kind": block.kind,
        "form": block.form,
        "points": [
            {
                "x": slot_json(point.x, ids),
                "series": slot_json(point.series, ids),
                "number": ids[point.number],
            }
            for point in block.points
        ],
    }


def _put(path: Path, content: bytes) -> Path:
    new = path.with_name(f".{path.name}.new")
    new.write_bytes(content)
    new.replace(path)
    return path
