"""Commands of the GPU servers: vLLM 0.32.0, SGLang 0.5.23, text-generation-inference db931fc.

Flags are read from vllm/engine/arg_utils.py, sglang/srt/arg_groups/fields and launcher/src/main.rs.
"""

from collections.abc import Iterator, Sequence

from hearthub.fit.commands.notes import context_of, notes_of, old_dtype
from hearthub.fit.commands.quoting import line
from hearthub.fit.commands.subject import Command, Setting, Subject
from hearthub.fit.commands.support import (
    EMBEDDING_TASKS,
    POOLING_TASKS,
    native_gap,
    needs_own_code,
)

_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)  # what vLLM takes as --max-lora-rank
Words = Iterator[object]


def vllm(subject: Subject, setting: Setting) -> Command:
    words = ["vllm", "serve", _model(subject), *_vllm_flags(subject, setting)]
    build = ["this needs vLLM's build for CPUs"] if setting.vendor == "cpu" else []
    return _command(words, subject, setting, *build)


def sglang(subject: Subject, setting: Setting) -> Command:
    words = ["sglang", "serve", "--model-path", _model(subject), *_sglang_flags(subject, setting)]
    return _command(words, subject, setting)


def tgi(subject: Subject, setting: Setting) -> Command:
    """Of the launcher; it runs the same inside its container."""
    context = context_of(subject, setting)
    words = ["text-generation-launcher", "--model-id", subject.repo]
    words += ["--num-shard", str(setting.gpus)] if setting.gpus > 1 else []
    words += ["--quantize", subject.quantization] if subject.quantization else []
    words += ["--max-input-tokens", str(context - max(1, context // 4))]
    words += ["--max-total-tokens", str(context)]
    words += ["--kv-cache-dtype", "fp8_e4m3fn"] if setting.cache_type == "fp8" else []
    words += ["--cuda-memory-fraction", _share(setting)] if setting.memory_fraction else []
    only_fixed = "text-generation-inference is only maintained: prefer vLLM or SGLang"
    return _command(words, subject, setting, only_fixed)


def _model(subject: Subject) -> str:
    return subject.base or subject.repo if subject.format == "adapter" else subject.repo


def _vllm_flags(subject: Subject, setting: Setting) -> Words:
    if subject.task in POOLING_TASKS:
        yield from ("--runner", "pooling")
    yield from ("--max-model-len", context_of(subject, setting))
    if setting.parallel > 1:
        yield from ("--max-num-seqs", setting.parallel)
    if setting.memory_fraction:
        yield from ("--gpu-memory-utilization", _share(setting))
    if setting.gpus > 1:
        yield from ("--tensor-parallel-size", setting.gpus)
        yield from ("--enable-expert-parallel",) if subject.is_moe else ()
    if setting.cache_type == "fp8":
        yield from ("--kv-cache-dtype", "fp8")
    if dtype := old_dtype(subject, setting):
        yield from ("--dtype", dtype)
    if subject.format == "adapter":
        yield from ("--enable-lora", "--max-lora-rank", _rank(subject.adapter_rank))
        yield from ("--lora-modules", f"adapter={subject.repo}")
    if needs_own_code(subject):
        yield "--trust-remote-code"


def _sglang_flags(subject: Subject, setting: Setting) -> Words:
    if subject.task in EMBEDDING_TASKS:
        yield "--is-embedding"
    yield from ("--context-length", context_of(subject, setting))
    if setting.parallel > 1:
        yield from ("--max-running-requests", setting.parallel)
    if setting.memory_fraction:
        yield from ("--mem-fraction-static", _share(setting))
    if setting.gpus > 1:
        yield from ("--tp-size", setting.gpus)
    if setting.cache_type == "fp8":
        yield from ("--kv-cache-dtype", "fp8_e4m3")
    if dtype := old_dtype(subject, setting):
        yield from ("--dtype", dtype)
    if subject.format == "adapter":
        yield from ("--lora-paths", f"adapter={subject.repo}")
    if needs_own_code(subject):
        yield "--trust-remote-code"


def _rank(rank: int | None) -> int:
    return next((least for least in _RANKS if least >= (rank or 16)), _RANKS[-1])


def _share(setting: Setting) -> str:
    return f"{min(max(setting.memory_fraction or 0.0, 0.01), 1.0):.2f}"


def _command(words: Sequence[object], subject: Subject, setting: Setting, *more: str) -> Command:
    notes = [*notes_of(subject, setting), *more]
    notes += [gap] if (gap := native_gap(subject, setting)) else []
    if setting.cache_type not in {"f16", "fp8"}:
        notes.append(f"no {setting.cache_type} cache here: the model's own type is used")
    text = line(words, {"HF_ENDPOINT": subject.endpoint})
    return Command(text, warnings=tuple(notes))
