"""The comparison table of the field: one row of facts for each model; what is missing is said."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

from hearthub.fit.evaluations import Evaluation
from hearthub.fit.hardware import Hardware
from hearthub.fit.placing import Placed
from hearthub.fit.ranking import cost
from hearthub.fit.report import Report
from hearthub.fit.summary import Summary
from hearthub.fit.wanted import room_of
from hearthub.upstream import printable

MISSING = "not stated"
_MOST_RESULTS = 20
_MOST_TEXT = 30_000
"""Characters of one text; spreadsheets take 32,767."""
_GIB = 2**30
_MARKS = re.compile(r"[\\`*|<>&~\[\]]")
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""The last four are their full-width forms."""


@dataclass(frozen=True)
class Column:
    """One model of the table; None for what no source tells."""

    model: str
    params_total: int | None
    params_active: int | None
    size_source: str | None
    context_max: int | None
    licence: str | None
    formats: tuple[str, ...]
    weights_bytes: int | None
    best_fit: str | None
    """The smallest hardware of those asked for that it fits."""
    evaluations: tuple[str, ...]
    """Each with its benchmark, setting and metric: they compare within those alone."""
    main_use: str | None


def column_of(report: Report) -> Column:
    it, memory = report.identity, report.memory
    formats = dict.fromkeys(_format(each.label, each.format) for each in report.options)
    return Column(
        model=it.name,
        params_total=it.sizes.total,
        params_active=it.sizes.active,
        size_source=it.sizes.source,
        context_max=it.context_max,
        licence=", ".join(each.name for each in it.licences) or None,
        formats=tuple(formats) or ((it.quantization.format,) if it.quantization.format else ()),
        weights_bytes=memory.weights_bytes or None,
        best_fit=_best_fit(report.placed),
        evaluations=tuple(map(_result, it.evaluations)),
        main_use=it.modality.main_use,
    )


def column_of_summary(
    name: str,
    summary: Summary,
    hardware: Sequence[Hardware],
    *,
    licence: str | None,
    main_use: str | None,
    results: Sequence[Evaluation] = (),
) -> Column:
    """Of a model whose files are elsewhere: what lists know of it."""
    need = summary.need_bytes
    roomy = [it for it in hardware if it.memory_gib and need and need <= room_of(it)]
    best = min(roomy, key=lambda it: (it.memory_gib or 0, -(it.bandwidth_gbs or 0)), default=None)
    form = _format(summary.label, summary.format) if summary.format else None
    return Column(
        model=name,
        params_total=summary.params_total,
        params_active=summary.params_active,
        size_source=summary.size_source,
        context_max=summary.context_max,
        licence=licence,
        formats=(form,) if form else (),
        weights_bytes=None,
        best_fit=best.name if best else None,
        evaluations=tuple(map(_result, results)),
        main_use=main_use,
    )


def _result(each: Evaluation) -> str:
    words = [each.benchmark, *(f"{key}={value}" for key, value in each.setting), each.metric]
    source = " (self-reported)" if each.is_self_reported else ""
    return f"{' '.join(words)}: {each.value:g}{source}"


def column_texts(columns: Sequence[Column]) -> list[dict[str, str]]:
    """As texts, for people; `MISSING` where nothing is known."""
    return [_texts(column) for column in columns]


def columns_markdown(columns: Sequence[Column]) -> str:
    rows = column_texts(columns)
    lines = ["| " + " | ".join(rows[0]) + " |", "|" + "---|" * len(rows[0])]
    lines += ["| " + " | ".join(map(_cell, row.values())) + " |" for row in rows]
    return "\n".join(lines)


def columns_csv(columns: Sequence[Column]) -> str:
    rows = column_texts(columns)
    out = io.StringIO()
    # Quotes around all: some programs split at semicolons too.
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows({key: _inert(value) for key, value in row.items()} for row in rows)
    return out.getvalue().rstrip("\n")


def gib(size: int) -> str:
    """Memory for people: 3.42 GiB; of small models 84.41 MiB."""
    return f"{size / _GIB:.2f} GiB" if size >= _GIB else f"{size / 2**20:.2f} MiB"


def _texts(it: Column) -> dict[str, str]:
    found = {
        "model": it.model,
        "parameters": _billions(it.params_total),
        "active": _billions(it.params_active),
        "context": f"{it.context_max:,}" if it.context_max else None,
        "licence": it.licence,
        "formats": ", ".join(it.formats) or None,
        "weights": gib(it.weights_bytes) if it.weights_bytes else None,
        "best fit": it.best_fit,
        "evaluations": _some(it.evaluations),
        "main use": it.main_use,
    }
    return {key: printable(value or MISSING, _MOST_TEXT) for key, value in found.items()}


def _some(results: Sequence[str]) -> str | None:
    more = f"; {len(results) - _MOST_RESULTS} more (--json)"
    shown = "; ".join(results[:_MOST_RESULTS])
    return shown + (more if len(results) > _MOST_RESULTS else "") or None


def _best_fit(placed: Sequence[Placed]) -> str | None:
    fitting = [each for each in placed if each.verdict.verdict == "fits"]
    best = min(fitting, key=cost, default=None)
    return best.hardware.name if best else None


def _format(label: str | None, form: str) -> str:
    return f"{form} {label}" if label else form


def _billions(count: int | None) -> str | None:
    if count is None:
        return None
    return f"{count / 1e9:.3g} B" if count >= 1e9 else f"{count / 1e6:.3g} M"


def _cell(text: str) -> str:
    """Strangers wrote this: no cell ends early, and no link, picture or HTML comes of it."""
    return _MARKS.sub(r"\\\g<0>", text)


def _inert(text: str) -> str:
    """A spreadsheet runs what begins like a formula, and strangers wrote this."""
    return f"'{text}" if text.startswith(_FORMULA) else text
