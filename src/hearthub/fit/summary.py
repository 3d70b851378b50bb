"""What a list keeps of a model: sizes, the least memory it runs in, what loads it, how sure we are.

A `Summary` is small whatever a stranger wrote: numbers, words of our own tables, and labels that
are bounded in number and length.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import islice
from typing import Any, Literal

from hearthub.fit.architecture import Architecture
from hearthub.fit.checkpoints import Contents
from hearthub.fit.commands import ENGINES, Setting, Subject, refusals
from hearthub.fit.identity import Identity, identify, parts_of
from hearthub.fit.model import Model
from hearthub.fit.subjects import subject_of
from hearthub.fit.wanted import Wanted
from hearthub.fit.weights import Checkpoint
from hearthub.fit.words import word
from hearthub.fit.workload import Workload

Confidence = Literal["header", "config", "name"]
CONFIDENCES: tuple[Confidence, ...] = ("header", "config", "name")

MOST = 2**60
MAX_LABELS = 64
MAX_TEXT = 40  # characters of a label
HUB_NAMES = {"mlx": "mlx-lm"}
"""What the Hub's `apps` calls an engine, where that is something else."""

APPS = tuple(HUB_NAMES.get(engine, engine) for engine in ENGINES)


@dataclass(frozen=True)
class Summary:
    """Parameters are counts, memory is bytes; None where nothing tells it."""

    confidence: Confidence
    """Where `need_bytes` comes from: weights read from headers and a shape that is known; a config
    or a total somebody recorded, with formulas; or a name and what is usual."""
    params_total: int | None = None
    params_active: int | None = None
    """Of a mixture of experts: at work for one token."""
    params_effective: int | None = None
    """Of a model with embeddings for each layer: without any table."""
    size_source: str | None = None
    """header, config, recorded (a total that another hub told), curated or name."""
    context_max: int | None = None
    context: int | None = None
    """Tokens that `need_bytes` is for; None where it is of the weights alone."""
    format: str | None = None
    label: str | None = None
    bits_per_weight: float | None = None
    need_bytes: int | None = None
    """Least memory in which any of its weights run: one sequence, a cache of 16 bits."""
    need_by_label: Mapping[str, int] = field(default_factory=dict)
    """The same for each quantisation of GGUF in the repo."""
    apps: tuple[str, ...] = ()
    """Engines that load it, in the Hub's spelling where it has one."""

    def to_json(self) -> dict[str, Any]:
        """Without what is not known."""
        found = {each.name: getattr(self, each.name) for each in fields(self)}
        found |= {"apps": list(self.apps), "need_by_label": dict(self.need_by_label)}
        return {name: value for name, value in found.items() if value}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Summary":
        """Whatever stands there: what is none of ours is left out."""
        told: dict[str, Any] = {name: bounded(values.get(name)) for name in _NUMBERS}
        told |= {name: short(values.get(name)) for name in _TEXTS}
        labels, bits = values.get("need_by_label"), values.get("bits_per_weight")
        apps, stated = values.get("apps"), values.get("confidence")
        confidence: Confidence = next((it for it in CONFIDENCES if it == stated), "name")
        return cls(
            **told,
            confidence=confidence,
            bits_per_weight=bits if isinstance(bits, float) and 0 < bits <= 64 else None,
            need_by_label=_labels(labels.items() if isinstance(labels, dict) else ()),
            apps=tuple(app for app in APPS if isinstance(apps, list) and app in apps),
        )


_NUMBERS = "params_total params_active params_effective context_max context need_bytes".split()
_TEXTS = "size_source format label".split()


def of_model(model: Model) -> Summary:
    """From headers that were read. Of an adapter there is no need: its base decides."""
    contents = model.contents
    chosen = _chosen(contents)
    first = chosen[0] if chosen else None
    shape = model.architecture(first)
    identity = identify(model, first, shape)
    found = described(identity, shape)
    apps = dict.fromkeys(app for each in chosen or (None,) for app in _apps(model, each))
    found = replace(found, apps=tuple(apps))
    if model.adapter or not (chosen or shape):
        return found
    needs = [(each, _need(model, each)) for each in chosen or (None,)]
    context = Wanted().context_for(identity.context_max)
    has_text = bool(shape and shape.is_decoder) and not contents.is_pipeline
    return replace(
        found,
        confidence="header" if _is_whole(contents, chosen, shape) else "config",
        need_bytes=bounded(min(need for _, need in needs)),
        need_by_label=_by_label(needs),
        context=context if has_text else None,
    )


def _chosen(contents: Contents) -> list[Checkpoint]:
    """What somebody may load: the preferred one of the libraries' formats, and every GGUF.

    Of a pipeline its first component, which stands for all.
    """
    found = contents.checkpoints
    if contents.is_pipeline:
        return list(found[:1])
    library = [each for each in found if each.format in ("safetensors", "torch")]
    gguf = [each for each in found if each.format == "gguf"]
    return [*library[:1], *gguf] or list(found[:1])


def described(identity: Identity, shape: Architecture | None) -> Summary:
    sizes, quantization = identity.sizes, identity.quantization
    has_tables = bool(shape and shape.embedding_parameters > shape.vocabulary * shape.hidden)
    return Summary(
        confidence="name",
        params_total=bounded(sizes.total),
        params_active=bounded(sizes.active) if sizes.experts else None,
        params_effective=bounded(sizes.effective) if has_tables or not shape else None,
        size_source=sizes.source,
        context_max=bounded(identity.context_max),
        format=quantization.format,
        label=short(quantization.label),
        bits_per_weight=quantization.bits_per_weight,
    )


def _need(model: Model, checkpoint: Checkpoint | None) -> int:
    shape = model.architecture(checkpoint)
    parts = parts_of(model, checkpoint)
    workload = Workload.of(parts, shape, is_pipeline=model.contents.is_pipeline)
    engine = "llama.cpp" if checkpoint and checkpoint.format == "gguf" else None
    return memory_of(workload, shape, engine)


def memory_of(workload: Workload, shape: Architecture | None, engine: str | None) -> int:
    wanted = Wanted()
    context = wanted.context_for(shape.context_max if shape else None)
    return workload.whole(wanted.use(engine, context)).total_bytes


def _is_whole(contents: Contents, chosen: Sequence[Checkpoint], shape: Architecture | None) -> bool:
    return bool(chosen) and (shape is not None or contents.is_pipeline)


def _by_label(needs: Sequence[tuple[Checkpoint | None, int]]) -> Mapping[str, int]:
    """Of several files of one label the smallest."""
    found = [(need, each.label) for each, need in needs if each and each.format == "gguf"]
    return _labels((label, need) for need, label in sorted(found, key=lambda pair: pair[0]))


def _labels(pairs: Iterable[tuple[object, object]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, need in islice(pairs, 10 * MAX_LABELS):
        label, size = short(name), bounded(need)
        if label and size and len(found) < MAX_LABELS:
            found.setdefault(label, size)
    return found


def _apps(model: Model, checkpoint: Checkpoint | None) -> tuple[str, ...]:
    shape = model.architecture(checkpoint)
    identity = identify(model, checkpoint, shape)
    return loaders(subject_of(model, checkpoint, identity, shape, None))


def loaders(subject: Subject) -> tuple[str, ...]:
    refused = refusals(subject, Setting())
    return tuple(HUB_NAMES.get(name, name) for name in ENGINES if name not in refused)


def bounded(value: object) -> int | None:
    return value if type(value) is int and 0 < value <= MOST else None


def short(value: object) -> str | None:
    return word(value, MAX_TEXT) if isinstance(value, str) else None
