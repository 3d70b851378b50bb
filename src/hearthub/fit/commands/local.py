"""Commands for the desk: llama.cpp (as in llama-cpp-python 0.3.36), Ollama, mlx-lm 0.32.2 and
mlx-vlm 0.7.10. Flags are read from common/arg.cpp and from the argument parsers of both packages.
"""

import re
from collections.abc import Iterator

from hearthub.fit.commands.notes import context_of, notes_of
from hearthub.fit.commands.quoting import line
from hearthub.fit.commands.subject import Command, Setting, Subject
from hearthub.fit.commands.support import EMBEDDING_TASKS, SEEING_TASKS

_NEAREST_CACHE = {"fp8": "q8_0"}  # llama.cpp has no 8-bit floats
_CACHE_BITS = {"q8_0": 8, "fp8": 8, "q4_0": 4}
_PROMPT = "Hello"


def llama_cpp(subject: Subject, setting: Setting) -> Command:
    """`-hf` reads MODEL_ENDPOINT, then HF_ENDPOINT, and fetches a projector by itself."""
    cache = _NEAREST_CACHE.get(setting.cache_type, setting.cache_type)
    notes = notes_of(subject, setting)
    if cache != setting.cache_type:
        notes.append(f"llama.cpp has no {setting.cache_type} cache: {cache} is as large")
    if subject.is_mla and cache != "f16":
        notes.append("with MLA the cache types of keys and values must stay equal")
    words = ["llama-server", *_model(subject), *_flags(subject, setting, cache)]
    return Command(line(words, {"HF_ENDPOINT": subject.endpoint}), warnings=tuple(notes))


def _model(subject: Subject) -> Iterator[object]:
    if subject.is_local:
        yield from ("-m", f"{subject.repo}/{subject.file}")
        if subject.projector:
            yield from ("--mmproj", f"{subject.repo}/{subject.projector}")
    elif subject.file:
        yield from ("-hf", subject.repo, "--hf-file", subject.file)
    else:
        yield from ("-hf", f"{subject.repo}:{subject.label}" if subject.label else subject.repo)


def _flags(subject: Subject, setting: Setting, cache: str) -> Iterator[object]:
    """`-c` is of all slots together; without `-np` the server makes four of them."""
    yield from ("-c", context_of(subject, setting) * setting.parallel, "-np", setting.parallel)
    if subject.task in EMBEDDING_TASKS:
        yield "--embedding"
    if subject.task == "text-ranking":
        yield "--rerank"
    if setting.gpu_layers is not None:
        yield from ("-ngl", setting.gpu_layers)
    if subject.is_moe and setting.cpu_expert_layers:
        yield from ("--n-cpu-moe", setting.cpu_expert_layers)
    if cache != "f16":  # a quantised cache of values works with flash attention only
        yield from ("-fa", "on", "-ctk", cache, "-ctv", cache)


def ollama(subject: Subject, setting: Setting) -> Command:
    """From a downloaded file: this hub does not speak Ollama's registry protocol."""
    folder, name = _folder(subject), _plain(subject.repo.rpartition("/")[2])
    lines = []
    if not subject.is_local:
        words = ["hf", "download", "--local-dir", folder, "--", subject.repo, subject.file or ""]
        lines.append(line(words, {"HF_ENDPOINT": subject.endpoint}))
    model = [f"FROM {folder}/{subject.file}", f"PARAMETER num_ctx {context_of(subject, setting)}"]
    lines.append(line(["printf", "%s\\n", *model]) + " > Modelfile")
    lines.append(line(["ollama", "create", name, "-f", "Modelfile"]))
    lines.append(line(["ollama", "run", name]))
    notes = notes_of(subject, setting)
    if kept := _NEAREST_CACHE.get(setting.cache_type, setting.cache_type).removeprefix("f16"):
        notes.append(f"set OLLAMA_KV_CACHE_TYPE={kept} where `ollama serve` runs")
    return Command("\n".join(lines), warnings=tuple(notes))


def _folder(subject: Subject) -> str:
    """Starts with `./` or `/`, so that no name is read as one of Ollama's own or as an option."""
    if not subject.is_local:
        return f"./{_plain(subject.repo.rpartition('/')[2])}"
    return subject.repo if subject.repo.startswith(("/", "./", "../")) else f"./{subject.repo}"


def _plain(name: str) -> str:
    """A name that Ollama takes: letters, digits, dots, dashes and underscores."""
    return re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-._") or "model"


def mlx(subject: Subject, setting: Setting) -> Command:
    """mlx-lm for text, mlx-vlm for what sees."""
    notes, bits = notes_of(subject, setting), _CACHE_BITS.get(setting.cache_type)
    seeing = subject.task in SEEING_TASKS
    words: list[object] = ["mlx_vlm.generate" if seeing else "mlx_lm.generate"]
    words += ["--model", subject.repo]
    words += ["--image", "image.jpg", "--prompt", "Describe this image"] if seeing else []
    words += [] if seeing else ["--prompt", _PROMPT]
    if bits:  # mlx-lm cannot quantise a cache of fixed size
        words += ["--kv-bits", bits]
    else:
        words += ["--max-kv-size", context_of(subject, setting)]
    return Command(line(words, {"HF_ENDPOINT": subject.endpoint}), warnings=tuple(notes))
