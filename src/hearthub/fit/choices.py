"""Which engine runs a model on some hardware, and which of all its weights are best there."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import cast

from hearthub.fit.caches import Use
from hearthub.fit.commands import Command, Setting, Subject, commands, refusals
from hearthub.fit.commands.subject import Format, Vendor
from hearthub.fit.derivatives import Option
from hearthub.fit.hardware import Hardware
from hearthub.fit.names import parse_name
from hearthub.fit.placing import Placed, memory_of, on
from hearthub.fit.verdicts import FITS_SHARE
from hearthub.fit.wanted import Wanted
from hearthub.fit.workload import Workload

_PREFERRED = ("llama.cpp", "mlx", "vllm", "sglang", "transformers", "diffusers", "trl", "peft")
"""Of the engines that load a checkpoint on some hardware, whose memory is shown."""
_PREFERRED_ON_CPU = ("llama.cpp", "transformers", "diffusers", "peft", "vllm")
"""vLLM runs there only in a build of its own, which few have."""
_TRAINERS = {"full": ("trl",), "lora": ("trl", "peft"), "qlora": ("trl", "peft")}
_METHODS = {
    "awq": "awq",
    "gptq": "gptq",
    "fp8": "fp8",
    "bnb": "bitsandbytes",
    "nvfp4": "modelopt",
    "mxfp4": "mxfp4",
}
"""What the config of a repo of such a name most likely says."""


def loading(
    subject: Subject, setting: Setting, engine: str | None = None
) -> tuple[Mapping[str, Command], Mapping[str, str]]:
    """Commands and refusals by engine, of `engine` alone where one is wanted."""
    written, refused = commands(subject, setting), refusals(subject, setting)
    if setting.train:
        fit_to_train = _TRAINERS[setting.train]
        others = [name for name in written if name not in fit_to_train]
        refused |= dict.fromkeys(others, f"no training of this kind ({setting.train})")
        written = {name: each for name, each in written.items() if name in fit_to_train}
    if engine:
        written = {name: each for name, each in written.items() if name == engine}
        refused = {name: why for name, why in refused.items() if name == engine}
    return written, refused


def usual(written: Iterable[str], vendor: Vendor | None = None) -> str | None:
    """The engine that is most used for what all these load; None where there is none."""
    names, order = set(written), _PREFERRED_ON_CPU if vendor == "cpu" else _PREFERRED
    return next((each for each in order if each in names), None)


def best_option(
    workload: Workload,
    placed: Placed,
    options: Iterable[Option],
    own: str,
    subject: Subject,
    setting: Setting,
    wanted: Wanted,
) -> Option | None:
    """The largest that fits whole, with the cache and buffers of this one: all are of one shape.

    `own`: the name of the repo that is asked about, which other options are derived from. None
    where none fits, or where the weights are no alternatives: of a pipeline, in training.
    """
    if workload.components or wanted.train:
        return None
    room = _room(workload, placed.hardware, wanted.use(placed.engine, setting.context), wanted)
    fitting = [each for each in options if each.weights_bytes <= room]
    fitting.sort(key=lambda each: -each.weights_bytes)
    for each in fitting:
        if each.repo == own and each.format == subject.format:
            return each
        if loading(_subject(each, own, subject), setting, wanted.engine)[0]:
            return each
    return None


def would_fit(
    workload: Workload, hardware: Hardware, wanted: Wanted, context: int
) -> tuple[str, int] | None:
    """The largest usual file type of GGUF as which the model would fit, and the bytes of its
    tensors; None where none would, or nothing tells how it would be quantised."""
    if wanted.train or not workload.as_gguf:
        return None
    room = _room(workload, hardware, wanted.use("llama.cpp", context), wanted)
    return next(((name, size) for name, size in workload.as_gguf if size <= room), None)


def _room(workload: Workload, hardware: Hardware, use: Use, wanted: Wanted) -> float:
    """Bytes of weights that fit with the cache and buffers of this shape."""
    memory = on(workload, hardware, use, wanted.gpus)
    beside = memory.total_bytes - memory.weights_bytes + workload.sidecar_bytes
    # A GPU of several, or one that leaves the input table in RAM, holds a part of the weights.
    share = (memory.weights_bytes - workload.sidecar_bytes) / max(workload.weights_bytes, 1)
    return (FITS_SHARE * memory_of(hardware) - beside) / max(share, 1e-9)


def _subject(option: Option, own: str, subject: Subject) -> Subject:
    """Whether an engine takes it there is asked: no MLX on NVIDIA's, no AWQ on Apple's."""
    is_gguf, is_own = option.format == "gguf", option.repo == own
    method = None if is_gguf else parse_name(option.repo).family
    return replace(
        subject,
        repo=subject.repo if is_own else option.repo,
        format=cast(Format, option.format),
        is_local=subject.is_local and is_own,
        file=f"{option.name}.gguf" if is_gguf else None,
        label=option.label,
        quantization=_METHODS.get(method or ""),
        architecture=None if is_gguf else subject.architecture,
    )
