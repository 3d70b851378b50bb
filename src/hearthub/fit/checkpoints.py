"""What a repo, a folder or a file holds to be loaded: its checkpoints, from headers alone."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.pool import ThreadPool
from typing import Any

from hearthub.errors import BadRequest, EntryNotFound, HearthubError, TooLarge, Unavailable
from hearthub.fit.readers import read
from hearthub.fit.readers.labels import gguf_label, onnx_label, safetensors_label
from hearthub.fit.readers.packing import unpacked, with_unpacked
from hearthub.fit.sources import Metered, Source, SourceFile
from hearthub.fit.weight_indices import indices_to_read
from hearthub.fit.weight_names import sidecar_of
from hearthub.fit.weight_sets import Plan, WeightSet, plan
from hearthub.fit.weights import Checkpoint, WeightFile

MAX_CHECKPOINTS = 128
MAX_WEIGHT_FILES = 2000
MAX_TENSORS = 500_000
"""Of all files; the largest open checkpoints have half of that."""
MAX_CONFIG = 4 * 2**20
MAX_CONFIGS = 64
MAX_IN_CONFIGS = 8 * 2**20
"""Bytes of all of them; those of the largest pipelines have some 100 KB."""
MAX_NESTED = 200_000
"""Objects and lists of one; each takes twenty times its bytes in memory."""
MAX_KILLED = 3
"""Workers that one repo may wear out, each for seconds, before the rest is not looked at."""

_CONFIGS = frozenset(
    """
    config.json model_index.json modules.json adapter_config.json hf_quant_config.json
    generation_config.json tokenizer_config.json
    """.split()
)

Read = Callable[[Source, SourceFile, str], WeightFile]
"""Reads the header of one file of a format."""


@dataclass(frozen=True)
class Contents:
    checkpoints: tuple[Checkpoint, ...]
    """Alternatives, the preferred first; of a pipeline its components, loaded together."""
    is_pipeline: bool
    configs: Mapping[str, Any]
    """JSON by path: config.json, model_index.json, adapter_config.json, and of components."""
    warnings: tuple[str, ...] = ()

    def config(self, folder: str = "") -> Mapping[str, Any]:
        """config.json of a component, else of the whole; empty where there is none."""
        for path in (f"{folder}/config.json", "config.json"):
            if isinstance(found := self.configs.get(path), dict):
                return found
        return {}


def checkpoints(source: Source) -> list[Checkpoint]:
    return list(contents(source).checkpoints)


def contents(source: Source, reader: Read = read) -> Contents:
    """Read what there is, within the source's budget; of files beyond it only the size is known.

    `reader`: how a header is read; `Elsewhere` of `hearthub.fit.elsewhere` does it in a process
    of its own. Raises EntryNotFound where there are neither weights nor configs, BadRequest where
    all weights are malformed.
    """
    metered = Metered(source)
    files = metered.files()
    configs = _configs(metered, files)
    wanted = _bounded(plan(files, configs))
    if not wanted.sets:
        if configs:
            return Contents((), False, configs)
        raise EntryNotFound("There are neither weights of a known format nor a config here")
    sets = [*wanted.sets, *wanted.sidecars]
    reading = _Reading(metered, reader)
    read_files = reading.all(file_set for file_set in sets)
    kept = [each for each in sets if each.path in read_files]
    if not kept:
        raise reading.errors[0]
    found = Contents((), wanted.is_pipeline, configs)
    made = _checkpoints(kept, read_files, found, files)
    return replace(found, checkpoints=tuple(made), warnings=tuple(map(str, reading.errors)))


class _Reading:
    """Reads headers, several at once where the source is far away."""

    def __init__(self, source: Metered, reader: Read) -> None:
        self.source, self.reader = source, reader
        self.errors: list[HearthubError] = []
        self._tensors = self._killed = 0

    def all(self, sets: Iterable[WeightSet]) -> dict[str, tuple[WeightFile, ...]]:
        """The files of each set by its path; sets with a malformed file are left out."""
        pairs = [(each, file) for each in sets for file in each.files]
        # A GGUF file has megabytes of vocabulary before its tensors: several at once would share
        # the budget so that none is read to its end.
        alone = [pair for pair in pairs if pair[0].format == "gguf"]
        others = [pair for pair in pairs if pair[0].format != "gguf"]
        if self.source.parallel > 1 and len(others) > 1:
            with ThreadPool(min(self.source.parallel, len(others))) as pool:
                results = pool.starmap(self._one, others, chunksize=1)
        else:
            results = [self._one(*pair) for pair in others]
        results += [self._one(*pair) for pair in alone]
        found: dict[str, list[WeightFile]] = {}
        broken = set()
        for (each, _), result in zip([*others, *alone], results, strict=True):
            if isinstance(result, WeightFile):
                found.setdefault(each.path, []).append(result)
            else:
                broken.add(each.path)
                self.errors.append(result)
        return {path: tuple(files) for path, files in found.items() if path not in broken}

    def _one(self, each: WeightSet, file: SourceFile) -> WeightFile | HearthubError:
        try:
            if self._tensors > MAX_TENSORS:
                raise TooLarge(f"{file.path}: more than {MAX_TENSORS} tensors in all")
            found = self.reader(self.source, file, each.format)
        except TooLarge as error:
            return WeightFile(
                file.path, each.format, file.size, (), warnings=(str(error),), is_listed=False
            )
        except BadRequest as error:
            return error
        except Unavailable as error:  # its worker was killed: a file's fault, so others are read
            self._killed += 1
            if self._killed > MAX_KILLED:
                raise
            return Unavailable(f"{file.path}: {error}")
        self._tensors += len(found.tensors)
        return found


def _checkpoints(
    sets: Sequence[WeightSet],
    read_files: Mapping[str, tuple[WeightFile, ...]],
    found: Contents,
    files: Sequence[SourceFile],
) -> list[Checkpoint]:
    sizes = {file.path: file.size for file in files}
    is_sidecar = partial(_is_sidecar, read_files)
    sidecars = [each for each in sets if is_sidecar(each)]
    of_graphs = _external(read_files)
    made = []
    for each in sets:
        if is_sidecar(each) and len(sidecars) < len(sets):
            continue
        if each.format == "torch" and of_graphs.issuperset(file.path for file in each.files):
            continue
        parts = read_files[each.path]
        if each.format == "gguf":
            checkpoint = _gguf(each, parts, [(s, read_files[s.path]) for s in sidecars])
        elif each.format == "onnx":
            parts = tuple(_with_external(part, sizes) for part in parts)
            checkpoint = Checkpoint(each.name, "onnx", onnx_label(each.name), parts)
        else:
            name = (each.folder if found.is_pipeline else "") or each.name
            checkpoint = _library(each, parts, name, found)
        made.append(_told(checkpoint, each))
    return made


def _library(
    each: WeightSet, parts: tuple[WeightFile, ...], name: str, found: Contents
) -> Checkpoint:
    """safetensors and torch: packed tensors are unpacked with their siblings of all parts."""
    config = found.config(each.folder)
    modelopt = found.configs.get("hf_quant_config.json")
    if "quantization_config" not in config and isinstance(modelopt, dict) and not each.folder:
        config = {**config, "quantization_config": modelopt.get("quantization")}
    if each.stem == "adapter_model":
        config = {}  # its config.json is the base's, where there is one
    tensors = [tensor for part in parts for tensor in part.tensors]
    label = each.variant.upper() if each.variant else safetensors_label(config, tensors)
    if counts := unpacked(tensors, config):
        parts = tuple(replace(part, tensors=with_unpacked(part.tensors, counts)) for part in parts)
    return Checkpoint(name, each.format, label, parts)


def _gguf(
    each: WeightSet,
    parts: tuple[WeightFile, ...],
    sidecars: Sequence[tuple[WeightSet, tuple[WeightFile, ...]]],
) -> Checkpoint:
    """With the preferred sidecar of each kind, that of its own folder before others."""
    chosen: dict[str, tuple[WeightFile, ...]] = {}
    for other, files in sorted(sidecars, key=lambda pair: pair[0].folder != each.folder):
        if other is not each:
            chosen.setdefault(sidecar_of(other.path) or "mmproj", files)
    beside = tuple(file for files in chosen.values() for file in files)
    return Checkpoint(each.name, "gguf", gguf_label(each.path, parts[0]), parts, beside)


def _is_sidecar(read_files: Mapping[str, tuple[WeightFile, ...]], each: WeightSet) -> bool:
    """By its name, or because it is a tower of vision only."""
    if each.format != "gguf":
        return False
    architecture = read_files[each.path][0].metadata.get("general.architecture")
    return sidecar_of(each.path) is not None or architecture == "clip"


def _external(read_files: Mapping[str, tuple[WeightFile, ...]]) -> set[str]:
    """Paths that ONNX graphs name: called .bin, such a file looks like one of PyTorch."""
    return {
        part.path[: part.path.rfind("/") + 1] + name
        for parts in read_files.values()
        for part in parts
        for name in part.metadata.get("external", ())
        if part.format == "onnx"
    }


def _with_external(part: WeightFile, sizes: Mapping[str, int]) -> WeightFile:
    """An ONNX file with the weights that lie in files of its folder."""
    folder, slash, _ = part.path.rpartition("/")
    names = part.metadata.get("external", ())
    here = [size for name in names if (size := sizes.get(folder + slash + name)) is not None]
    missing = len(names) - len(here)
    warnings = (f"{missing} files of weights are missing",) if missing else ()
    return replace(part, size=part.size + sum(here), warnings=part.warnings + warnings)


def _told(checkpoint: Checkpoint, each: WeightSet) -> Checkpoint:
    if not each.missing:
        return checkpoint
    first, *others = checkpoint.files
    warning = f"{each.missing} of its parts are missing"
    return replace(checkpoint, files=(replace(first, warnings=(*first.warnings, warning)), *others))


def _bounded(wanted: Plan) -> Plan:
    sets, sidecars = wanted.sets[:MAX_CHECKPOINTS], wanted.sidecars[:MAX_CHECKPOINTS]
    if sum(len(each.files) for each in (*sets, *sidecars)) > MAX_WEIGHT_FILES:
        raise TooLarge(f"More than {MAX_WEIGHT_FILES} files of weights")
    return replace(wanted, sets=sets, sidecars=sidecars)


def _configs(source: Source, files: Sequence[SourceFile]) -> dict[str, Any]:
    """Those of the root first. What is malformed or huge is not there."""
    named = [file for file in files if file.path.rpartition("/")[2] in _CONFIGS]
    named = sorted(
        (file for file in [*named, *indices_to_read(files)] if file.path.count("/") < 2),
        key=lambda file: (file.path.count("/"), file.path),
    )
    found = {}
    left = MAX_IN_CONFIGS
    for file in named[:MAX_CONFIGS]:
        if file.size > min(MAX_CONFIG, left):
            continue
        left -= file.size
        try:
            text = source.read(file, 0, file.size)
            if text.count(b"[") + text.count(b"{") <= MAX_NESTED:
                found[file.path] = json.loads(text, parse_constant=lambda _: None)
        except (ValueError, RecursionError, TooLarge):
            continue
    return found
