"""A report as Markdown. What strangers wrote cannot become markup in it."""

import re
from collections.abc import Iterable, Iterator

from hearthub.pulse.report.rendering import Block, Piece, Rendering

# Also what makes links of text: `www.` and the signs in addresses of pages and of mail.
_SPECIAL = re.compile(
    r"([\\`*_{}\[\]<>()!|~&:$@#]|(?<=www)\.|^[-+=]|((?<=^\d)|(?<=^\d\d))[.)](?=\s|$))"
)


def safe(text: str) -> str:
    """As text, on one line: every sign that Markdown or HTML may read is told not to."""
    flat = "".join(c if c.isprintable() else " " for c in text)
    return _SPECIAL.sub(_escaped, flat.strip())


def _escaped(found: re.Match[str]) -> str:
    sign = found[0]
    return {"<": "&lt;", ">": "&gt;", "&": "&amp;"}.get(sign, f"\\{sign}")


def markdown(rendering: Rendering, suffix: str) -> str:
    """`suffix`: of the language in names of files (`.ja`), none for English."""
    return "\n".join(_lines(rendering, suffix)) + "\n"


def _lines(it: Rendering, suffix: str) -> Iterator[str]:
    word, report = it.words.word, it.report
    yield f"# {it.title()}"
    yield ""
    yield f"{word('word.universe')}: `{report.universe}` · {word('word.window')}: `{report.window}`"
    yield ""
    if report.is_synthetic:
        yield f"**{word('word.synthetic_long')}**"
        yield ""
    if not report.may_be_shared:
        yield f"**{word('word.not_shared')}**"
        yield ""
    if not it.is_drawn:
        yield word("word.not_drawn")
        yield ""
    for _, title, blocks in it.sections():
        yield f"## {title}"
        yield ""
        for block in blocks:
            yield from _block(block, suffix)
    yield from _numbers(it)
    yield from _methods(it)
    yield from _sources(it)


def _block(block: Block, suffix: str) -> Iterator[str]:
    if block.kind == "sentence":
        yield _text(block.pieces)
    elif block.kind == "chart" and block.pictures is None:
        return
    elif block.kind == "chart":
        yield f"![{safe(block.title)}](chart-{block.id}{suffix}.svg)"
        yield ""
        yield f"*{safe(block.foot)}*"
    else:
        yield f"**{block.title}**"
        yield ""
        yield "| " + " | ".join(block.header) + " |"
        yield "|" + "|".join("--:" if each else "---" for each in block.is_numeric) + "|"
        for row in block.rows:
            yield "| " + " | ".join(_text([piece]) for piece in row) + " |"
        yield ""
        yield f"*{safe(block.foot)}*"
    yield ""


def _text(pieces: Iterable[Piece]) -> str:
    return "".join(
        f"[{piece.text}](#{piece.number})" if piece.number else
        safe(piece.text) if piece.is_name else piece.text
        for piece in pieces
    )  # fmt: skip


def _numbers(it: Rendering) -> Iterator[str]:
    word = it.words.word
    yield f"## {it.labelled(word('word.numbers'))}"
    yield ""
    yield word("word.numbers_how")
    yield ""
    keys = ("number", "metric", "dimension", "value", "interval", "fraction", "coverage", "command")
    yield "| " + " | ".join(word(f"word.{key}") for key in keys) + " |"
    yield "|" + "---|" * len(keys)
    for number, id_ in it.ids.items():
        row = number.row
        cells = (
            f'<a id="{id_}"></a>{id_}', row.metric, safe(row.dimension or ""), exact(row.value),
            f"{exact(row.lo)} to {exact(row.hi)}" if row.lo is not None else "",
            f"{exact(row.numerator)} / {exact(row.denominator)}", exact(row.coverage),
            f"`{number.query.command()}`",
        )  # fmt: skip
        yield "| " + " | ".join(cells) + " |"
    yield ""


def _methods(it: Rendering) -> Iterator[str]:
    word = it.words.word
    yield f"## {it.labelled(word('word.methods'))}"
    yield ""
    yield word("word.methods_how")
    yield ""
    for metric in it.metrics():
        yield f"- `{metric.id}` ({metric.version}): {it.definition(metric)}"
    yield ""


def _sources(it: Rendering) -> Iterator[str]:
    word = it.words.word
    yield f"## {it.labelled(word('word.sources'))}"
    yield ""
    for source in it.report.sources:
        label = f" [{word('word.synthetic')}]" if source.is_synthetic else ""
        yield (
            f"- {safe(source.name)}{label}. {word('word.licence')}: "
            f"{safe(source.licence or word('word.unsaid'))}. {word('word.attribution')}: "
            f"{safe(source.attribution or word('word.unsaid'))}. {word('word.snapshots')}: "
            + ", ".join(f"`{snapshot[:16]}`" for snapshot in source.snapshots)
        )


def exact(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}" if value % 1 else f"{value:.0f}"
