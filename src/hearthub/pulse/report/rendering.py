"""A report in one language as plain structures: for Markdown, HTML and files of data alike."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hearthub.pulse.cells import cell
from hearthub.pulse.charts import Drawing, Mark, Pictures
from hearthub.pulse.measures import known_metrics
from hearthub.pulse.metric import Metric
from hearthub.pulse.report.document import (
    Chart,
    Number,
    Report,
    Sentence,
    Slot,
    Table,
    Term,
    Text,
    numbers_of,
)
from hearthub.pulse.report.sentences import NUMBERS, Words
from hearthub.pulse.report.speech import speech_in


@dataclass(frozen=True)
class Piece:
    """Of a sentence or a cell: text, and the id of the number that it is."""

    text: str
    number: str | None = None
    is_name: bool = False
    """Strangers wrote it."""


@dataclass(frozen=True)
class Block:
    kind: str
    id: str = ""
    title: str = ""
    pieces: tuple[Piece, ...] = ()
    header: tuple[str, ...] = ()
    is_numeric: tuple[bool, ...] = ()
    rows: tuple[tuple[Piece, ...], ...] = ()
    drawing: Drawing | None = None
    pictures: Pictures | None = None
    """None where nobody drew it."""
    foot: str = ""


class Rendering:
    def __init__(
        self, report: Report, words: Words, pictures: Mapping[str, Pictures] | None = None
    ) -> None:
        """`pictures`: of its charts, by the keys of their drawings."""
        self.report, self.words, self.pictures = report, words, pictures or {}
        self.ids = report.numbers()

    def title(self) -> str:
        return self.labelled(self.words.word(f"title.{self.report.kind}"))

    @property
    def is_drawn(self) -> bool:
        """No picture of its charts is missing."""
        return all(self.drawing(chart).key in self.pictures for chart in self.report.charts())

    def labelled(self, text: str) -> str:
        """No heading and no figure of synthetic data goes without saying so."""
        if not self.report.is_synthetic:
            return text
        return f"{text} [{self.words.word('word.synthetic')}]"

    def sections(self) -> Iterator[tuple[str, str, list[Block]]]:
        for section in self.report.sections:
            title = self.labelled(self.words.word(f"section.{section.id}"))
            yield section.id, title, [b for each in section.blocks for b in self._block(each)]

    def tables(self, *ids: str) -> Iterator[tuple[str, Block]]:
        """(section, table) of the tables with these ids, without drawing all else."""
        for section in self.report.sections:
            for block in section.blocks:
                if isinstance(block, Table) and block.id in ids:
                    yield section.id, self._table(block)

    def metrics(self) -> list[Metric]:
        """All that are used."""
        used = {number.row.metric for number in self.ids}
        return [metric for metric in known_metrics() if metric.id in used]

    def definition(self, metric: Metric) -> str:
        """What it is, in sentences of this language."""
        said, word = speech_in(self.words.language).metric(metric), self.words.word
        told = [
            said.definition,
            said.edge_cases,
            f"{word('word.unit')}: {said.unit}",
            f"{word('word.reference')}: {said.reference}",
        ]
        stop = word("word.stop")
        return "".join(f"{each.rstrip('.。')}{stop}" for each in told).rstrip()

    def sentence(self, sentence: Sentence) -> tuple[Piece, ...]:
        pieces: list[Piece] = []

        def put(slot: Slot, text: str) -> str:
            pieces.append(self._piece(slot, text))
            return f"\0{len(pieces) - 1}\0"

        marked = self.words.sentence(sentence, put)
        parts = marked.split("\0")
        return tuple(
            pieces[int(part)] if index % 2 else Piece(part)
            for index, part in enumerate(parts)
            if part
        )

    def drawing(self, chart: Chart) -> Drawing:
        words = self.words
        is_curve = chart.kind == "lorenz"
        unit_key = "share" if chart.form == "share" else chart.id
        unit = words.word("word.share_of_downloads" if is_curve else f"unit.{unit_key}")
        marks = [
            Mark(
                words.slot(point.x),
                point.number.row.value or 0.0,
                words.slot(point.number, chart.form),
                words.slot(point.series),
            )
            for point in chart.points
        ]
        return Drawing.of(
            chart.kind,
            marks,
            NUMBERS["count" if chart.form == "decimal" else chart.form],
            title=self.labelled(words.word(f"chart.{chart.id}")),
            x_unit=words.word("word.share_of_repos") if is_curve else unit,
            y_unit=unit,
            foot=self.foot(chart),
            empty=words.word("word.no_data"),
            unknown=words.unknown,
        )

    def foot(self, block: Table | Chart) -> str:
        """Universe, window and coverage of what is shown."""
        number = next(numbers_of(block), None)
        if number is None:
            return ""
        rows = [each.row for each in numbers_of(block)]
        word = self.words.word
        known = [row.coverage for row in rows if row.coverage is not None]
        parts = [
            f"{word('word.universe')}: {number.row.universe}",
            f"{word('word.window')}: {min(row.window_start for row in rows)}.."
            f"{max(row.window_end for row in rows)}",
        ]
        if known:
            parts.append(f"{word('word.known')} {NUMBERS['share'](min(known))}")
        if self.report.is_synthetic:
            parts.append(word("word.synthetic"))
        return " · ".join(parts)

    def _block(self, block: Sentence | Table | Chart) -> Iterator[Block]:
        if isinstance(block, Sentence):
            yield Block("sentence", pieces=self.sentence(block))
        elif isinstance(block, Table):
            yield self._table(block)
        else:
            title = self.labelled(self.words.word(f"chart.{block.id}"))
            drawing = self.drawing(block)
            yield Block("chart", block.id, title, drawing=drawing,
                        pictures=self.pictures.get(drawing.key), foot=self.foot(block))  # fmt: skip
            # The numbers of a chart are in a table beside it, unless one of the same name is.
            if not self._is_told(block):
                yield self._beside(block)

    def _table(self, table: Table) -> Block:
        rows = []
        for row in table.rows:
            cells = zip(row, table.columns, strict=True)
            rows.append(
                tuple(
                    Piece("") if slot is None and column.form == "text" else
                    self._piece(slot, self.words.slot(slot, column.form, column.of))
                    if slot is not None else Piece(self.words.unknown)
                    for slot, column in cells
                )
            )  # fmt: skip
        return Block(
            "table",
            table.id,
            self.labelled(self.words.word(f"table.{table.id}")),
            header=tuple(self.words.word(f"column.{column.key}") for column in table.columns),
            is_numeric=tuple(column.form != "text" for column in table.columns),
            rows=tuple(rows),
            foot=self.foot(table),
        )

    def _is_told(self, chart: Chart) -> bool:
        shown = {number for section in self.report.sections for block in section.blocks
                 if isinstance(block, Table) for number in numbers_of(block)}  # fmt: skip
        return all(point.number in shown for point in chart.points)

    def _beside(self, chart: Chart) -> Block:
        has_series = any(point.series for point in chart.points)
        rows = tuple(
            (
                *((self._piece(point.series, self.words.slot(point.series)),)
                  if has_series and point.series is not None else ()),
                self._piece(point.x, self.words.slot(point.x)),
                self._piece(point.number, self.words.slot(point.number, chart.form)),
            )
            for point in chart.points
        )  # fmt: skip
        names = (self.words.word("word.dimension"),) if has_series else ()
        header = (*names, self.words.word("word.figure"), self.words.word("word.value"))
        numeric = (*(False for _ in names), False, True)
        title = self.labelled(self.words.word(f"chart.{chart.id}"))
        return Block("table", f"{chart.id}-data", title, (), header, numeric, rows,
                     foot=self.foot(chart))  # fmt: skip

    def _piece(self, slot: Slot, text: str) -> Piece:
        if isinstance(slot, Number):
            return Piece(text, self.ids[slot])
        return Piece(text, is_name=isinstance(slot, Text | Term))


def chart_csv(chart: Chart, ids: Mapping[Number, str], *, is_synthetic: bool) -> str:
    """The rows behind a chart; a cell never begins as a formula of a spreadsheet does."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        ["number", "metric", "version", "dimension", "value", "lo", "hi", "numerator",
         "denominator", "n", "coverage", "universe", "window_start", "window_end", "source",
         "synthetic"]
    )  # fmt: skip
    for point in chart.points:
        row = point.number.row
        writer.writerow(
            [ids[point.number], row.metric, row.version, cell(row.dimension or ""), row.value,
             row.lo, row.hi, row.numerator, row.denominator, row.n, row.coverage, row.universe,
             row.window_start, row.window_end, row.source, str(is_synthetic).lower()]
        )  # fmt: skip
    return out.getvalue()
