"""One file's header for people: what it holds in all, and some of its tensors.

Counted and cut in a worker: a header may list a hundred thousand tensors, and strangers wrote it.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from hearthub.fit.elsewhere import asked_header
from hearthub.fit.sources import SourceFile
from hearthub.fit.weights import Skipped, WeightFile

MAX_VALUE = 4000  # characters of a value that is shown
MAX_LISTED = 16  # items of a list
MAX_METADATA = 400  # keys


@dataclass(frozen=True)
class TensorRow:
    """`size` in bytes, `shape` outermost first."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    size: int


@dataclass(frozen=True)
class HeaderPage:
    """`dtypes`: tensors, elements and bytes of each dtype, the largest first. `tensors` are those
    from `start` on, of `total` whose names contain what was looked for."""

    format: str
    parameters: int
    tensor_bytes: int
    count: int
    dtypes: tuple[tuple[str, int, int, int], ...]
    metadata: tuple[tuple[str, str], ...]
    more_metadata: int
    tensors: tuple[TensorRow, ...]
    start: int
    total: int
    imports: tuple[str, ...]
    warnings: tuple[str, ...]


def page_of(file: SourceFile, form: str, search: str, start: int, limit: int) -> HeaderPage:
    """In a worker."""
    found = asked_header(file, form)
    wanted = search.casefold()
    named = [it for it in found.tensors if wanted in it.name.casefold()]
    metadata = list(found.metadata.items())
    return HeaderPage(
        format=found.format,
        parameters=sum(it.parameters for it in found.tensors),
        tensor_bytes=sum(it.size for it in found.tensors),
        count=len(found.tensors),
        dtypes=_dtypes(found),
        metadata=tuple((_cut(key, 200), _text(value)) for key, value in metadata[:MAX_METADATA]),
        more_metadata=max(0, len(metadata) - MAX_METADATA),
        tensors=tuple(
            TensorRow(_cut(it.name, 500), it.dtype, it.shape, it.size)
            for it in named[start : start + limit]
        ),
        start=start,
        total=len(named),
        imports=tuple(_cut(name, 200) for name in found.imports[:200]),
        warnings=tuple(_cut(text, 500) for text in found.warnings[:20]),
    )


def _dtypes(found: WeightFile) -> tuple[tuple[str, int, int, int], ...]:
    tensors, elements, sizes = Counter[str](), Counter[str](), Counter[str]()
    for it in found.tensors:
        tensors[it.dtype] += 1
        elements[it.dtype] += it.parameters
        sizes[it.dtype] += it.size
    return tuple((name, tensors[name], elements[name], size) for name, size in sizes.most_common())


def _text(value: Any) -> str:
    if isinstance(value, Skipped):
        return f"({len(value):,} items, not shown)"
    if isinstance(value, tuple):
        shown = ", ".join(_text(it) for it in value[:MAX_LISTED])
        more = f", … ({len(value):,} in all)" if len(value) > MAX_LISTED else ""
        return _cut(f"[{shown}{more}]", MAX_VALUE)
    return _cut(str(value), MAX_VALUE)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}… ({len(text):,} characters)"
