"""Which files an index of shards names, for folders whose file names leave it open.

`model.safetensors.index.json` is `{"weight_map": {tensor: file}}` (transformers, diffusers). It may
have megabytes and says nothing that `-00001-of-00007` does not, so it is read only where a folder
has files of other names too. What it says of bytes is often stale and never used.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hearthub.fit.sources import SourceFile
from hearthub.fit.weight_names import format_of, parts_of

_ENDING = ".index.json"


def indices_to_read(files: Iterable[SourceFile]) -> list[SourceFile]:
    """Indices of folders that hold safetensors files of more than one name."""
    wholes: dict[str, set[str]] = {}
    indices = []
    for file in files:
        if file.path.endswith(f".safetensors{_ENDING}"):
            indices.append(file)
        elif format_of(file.path) == "safetensors":
            wholes.setdefault(_folder(file.path), set()).add(parts_of(file.path).whole)
    return [index for index in indices if len(wholes.get(_folder(index.path), ())) > 1]


def named_together(
    files: Iterable[SourceFile], configs: Mapping[str, Any]
) -> dict[str, tuple[Sequence[SourceFile], int]]:
    """By the path of a whole: its files, and how many more an index names. A file that is the
    whole itself stands for it, as it does for transformers."""
    by_path = {file.path: file for file in files if format_of(file.path) == "safetensors"}
    found: dict[str, tuple[Sequence[SourceFile], int]] = {}
    for path, index in configs.items():
        whole = path.removesuffix(_ENDING)
        names = index.get("weight_map") if isinstance(index, dict) else None
        if whole == path or not isinstance(names, dict):
            continue
        wanted = {name for name in names.values() if isinstance(name, str) and "/" not in name}
        start = path[: path.rfind("/") + 1]
        here = [by_path[start + name] for name in sorted(wanted) if start + name in by_path]
        if here and (whole not in by_path or by_path[whole] in here):
            found[whole] = (here, len(wanted) - len(here))
    return found


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
