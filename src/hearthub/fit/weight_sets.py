"""Which files of a repo are loaded together, from their names and its configs alone.

A repo often holds the same weights several times (`.bin` beside `.safetensors`, Meta's
`consolidated` beside transformers' shards, `fp16` variants): a sum over them describes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hearthub.fit.sources import SourceFile
from hearthub.fit.weight_indices import named_together
from hearthub.fit.weight_names import format_of, label_of, parts_of, sidecar_of, stem_of

_STANDARD = {"model", "pytorch_model", "diffusion_pytorch_model", "adapter_model"}
"""What transformers, diffusers and PEFT look for."""
_LIBRARY_FORMATS = ("safetensors", "torch")
_PREFERRED_LABELS = ("Q4_K_M", "Q8_0")
"""llama.cpp's own order where a caller names none."""
_PREFERRED_SIDECARS = ("F16", "BF16", "Q8_0", "F32")


@dataclass(frozen=True)
class WeightSet:
    """The parts of one whole; `path` is theirs without a number."""

    path: str
    format: str
    variant: str | None
    """Such as fp16."""
    files: tuple[SourceFile, ...]
    missing: int = 0
    """Parts that the names tell of and that are not there."""

    @property
    def folder(self) -> str:
        return self.path.rpartition("/")[0]

    @property
    def stem(self) -> str:
        return stem_of(self.path)[0]

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)

    @property
    def name(self) -> str:
        return self.path.rpartition(".")[0]


@dataclass(frozen=True)
class Plan:
    sets: tuple[WeightSet, ...]
    """The preferred first; of a pipeline one for each component."""
    is_pipeline: bool = False
    sidecars: tuple[WeightSet, ...] = field(default=())
    """Of GGUF models, the preferred of each kind first."""


def plan(files: Iterable[SourceFile], configs: Mapping[str, Any]) -> Plan:
    """`configs`: the JSON files of the repo by path."""
    found = _sets(_without_openvino(files), configs)
    components = _components(configs)
    if components:
        folders = _by_folder(found)
        chosen = [best for folder in components if (best := _best(folders.get(folder, [])))]
        if len(chosen) > 1 or (chosen and "model_index.json" in configs):
            return Plan(tuple(chosen), is_pipeline=True)
    sidecars = [each for each in found if sidecar_of(each.path)]
    models = [each for each in found if each.format == "gguf" and each not in sidecars]
    onnx = [each for each in found if each.format == "onnx"]
    sidecars.sort(key=_sidecar_order)
    sets = [*_library(found), *sorted(models, key=_gguf_order), *sorted(onnx, key=_onnx_order)]
    return Plan(tuple(sets), sidecars=tuple(sidecars)) if sets else Plan(tuple(sidecars))


def _without_openvino(files: Iterable[SourceFile]) -> list[SourceFile]:
    """Its weights are a .bin beside an .xml of the same name, and no pickle."""
    found = list(files)
    graphs = {file.path[:-4] for file in found if file.path.endswith(".xml")}
    return [f for f in found if not (f.path.endswith(".bin") and f.path[:-4] in graphs)]


def _sets(files: Sequence[SourceFile], configs: Mapping[str, Any]) -> list[WeightSet]:
    named = named_together(files, configs)
    together = [
        WeightSet(path, "safetensors", stem_of(path)[1], tuple(parts), missing)
        for path, (parts, missing) in sorted(named.items())
    ]
    taken = {file.path for each in together for file in each.files}
    others = _by_names(file for file in files if file.path not in taken)
    return together + [each for each in others if each.path not in named]


def _by_names(files: Iterable[SourceFile]) -> list[WeightSet]:
    groups: dict[tuple[str, int], list[tuple[int, SourceFile]]] = {}
    for file in files:
        if format_of(file.path):
            parts = parts_of(file.path)
            groups.setdefault((parts.whole, parts.count), []).append((parts.number, file))
    sets = [_set(path, count, parts) for (path, count), parts in sorted(groups.items())]
    sets.sort(key=lambda each: (each.path, each.missing > 0))  # a single file first, if whole
    return list({each.path: each for each in reversed(sets)}.values())[::-1]


def _set(path: str, count: int, parts: list[tuple[int, SourceFile]]) -> WeightSet:
    by_number = dict(sorted(parts, key=lambda part: part[0]))
    count = count or max(by_number) + 1  # Meta numbers from 0 and does not tell how many
    return WeightSet(
        path,
        format_of(path) or "",
        stem_of(path)[1],
        tuple(by_number.values()),
        max(0, count - len(by_number)),
    )


def _components(configs: Mapping[str, Any]) -> list[str]:
    """Folders that are loaded together, "" for the root; empty for a plain model.

    diffusers: `{"unet": ["diffusers", "UNet2DConditionModel"], ...}`; sentence-transformers:
    `[{"path": "2_Dense", ...}, ...]`.
    """
    index, modules = configs.get("model_index.json"), configs.get("modules.json")
    if isinstance(index, dict):
        return [
            name
            for name, value in index.items()
            if isinstance(value, list) and len(value) == 2 and all(value) and "/" not in name
        ]
    if isinstance(modules, list):
        paths = [module.get("path") for module in modules if isinstance(module, dict)]
        return list(dict.fromkeys(path.strip("/") for path in paths if isinstance(path, str)))
    return []


def _best(sets: Sequence[WeightSet]) -> WeightSet | None:
    return next(iter(_choices(sets)), None)


def _by_folder(sets: Iterable[WeightSet]) -> dict[str, list[WeightSet]]:
    found: dict[str, list[WeightSet]] = {}
    for each in sets:
        found.setdefault(each.folder, []).append(each)
    return found


def _library(sets: Sequence[WeightSet]) -> list[WeightSet]:
    """Of the root; of each folder only where the root has none."""
    folders = _by_folder(each for each in sets if each.format in _LIBRARY_FORMATS)
    if root := _choices(folders.pop("", [])):
        return root
    return [chosen for folder in sorted(folders) for chosen in _choices(folders[folder])]


def _choices(sets: Sequence[WeightSet]) -> list[WeightSet]:
    """Alternatives within a folder: what libraries look for, else all but Meta's own form; one
    format of the same weights; as trained before a variant."""
    usable = [each for each in sets if each.format in _LIBRARY_FORMATS]
    for wanted in (
        [each for each in usable if each.stem in _STANDARD],
        [each for each in usable if each.stem != "consolidated"],
        usable,
    ):
        if wanted:
            safe = [each for each in wanted if each.format == "safetensors"]
            return sorted(safe or wanted, key=_library_order)
    return []


def _library_order(each: WeightSet) -> tuple[bool, bool, str]:
    """An adapter last: the model beside it is loaded without it."""
    return each.stem == "adapter_model", bool(each.variant), each.stem


def _gguf_order(each: WeightSet) -> tuple[int, int]:
    label = label_of(each.path)
    known = label in _PREFERRED_LABELS
    return _PREFERRED_LABELS.index(label) if label and known else 9, -each.size


def _onnx_order(each: WeightSet) -> tuple[bool, str]:
    return each.name.rpartition("/")[2] != "model", each.path


def _sidecar_order(each: WeightSet) -> int:
    label = label_of(each.path) or ""
    known = label in _PREFERRED_SIDECARS
    return _PREFERRED_SIDECARS.index(label) if known else len(_PREFERRED_SIDECARS)
