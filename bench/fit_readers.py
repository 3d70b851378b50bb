"""From headers to an answer: what weights on this machine hold, beside gguf's and hf-mem's readers.

Made here: the shapes of Llama-3.1-8B in four shards, and a GGUF file with 262,144 tokens and
515,000 merges. hf-mem reads from a hub alone: its parsers are called with the bytes of the headers.
"""

import json
import os
import random
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

from bench.figures import Figure, Skipped
from hearthub.cli.fit_targets import MEMORY
from hearthub.fit import Fit, Wanted, configs, gguf_keys, memory, report_json
from hearthub.fit.caches import Use
from hearthub.fit.checkpoints import contents
from hearthub.fit.sources import local
from hearthub.sandbox import Sandbox
from tests.fit.gguf_files import gguf_bytes, write_gguf
from tests.fit.weight_files import write_safetensors

PYTHON = Path(__file__).parents[1] / ".venvs" / "readers" / "bin" / "python"
LLAMA = {
    "model_type": "llama",
    "hidden_size": 4096,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "intermediate_size": 14336,
    "vocab_size": 128256,
}
GEMMA = {
    "general.architecture": "gemma3",
    "gemma3.embedding_length": 2816,
    "gemma3.block_count": 60,
    "gemma3.attention.head_count": 16,
    "gemma3.attention.head_count_kv": 8,
    "gemma3.feed_forward_length": 11264,
    "gemma3.context_length": 131072,
}

GGUF_READER = """
import sys, time
from gguf import GGUFReader
started = time.perf_counter()
GGUFReader(sys.argv[1])
print(time.perf_counter() - started)
"""
HF_MEM_GGUF = """
import sys, time
from hf_mem.gguf.metadata import parse_gguf_metadata
times = []
for _ in range(int(sys.argv[3])):
    started = time.perf_counter()
    with open(sys.argv[1], "rb") as file:
        parse_gguf_metadata(file.read(int(sys.argv[2])))
    times.append(time.perf_counter() - started)
print(min(times))
"""
HF_MEM_SAFETENSORS = """
import json, sys, time
from pathlib import Path
from hf_mem.safetensors.metadata import parse_safetensors_metadata
times = []
for _ in range(int(sys.argv[2])):
    started = time.perf_counter()
    headers = {}
    for path in sorted(Path(sys.argv[1]).glob("*.safetensors")):
        with path.open("rb") as file:
            headers |= json.loads(file.read(int.from_bytes(file.read(8), "little")))
    parse_safetensors_metadata({"Transformer": headers})
    times.append(time.perf_counter() - started)
print(min(times))
"""


def measure(folder: Path, repeats: int) -> Iterator[Figure | Skipped]:
    """Ours with every check, from the folder to the memory that the model takes."""
    shards, gguf = llama(folder / "8b"), folder / "m-Q4_K_M.gguf"
    header = vocabulary(gguf)
    with closing(Sandbox(workers=os.cpu_count() or 1, memory_limit=MEMORY)) as sandbox:
        whole = {path: best(partial(answer, sandbox, path), repeats) for path in (shards, gguf)}
    yield Figure("an 8B set of safetensors, to its answer", whole[shards] * 1000, 50, "ms")
    yield Figure("GGUF, 262,144 tokens and their merges", whole[gguf] * 1000, 300, "ms")
    if not PYTHON.exists():
        missing = f"{PYTHON} is not there (make bench sets it up)"
        yield Skipped("the same beside other readers", missing)
        return
    # Beside others the reading alone: they have no process of their own either.
    ours = best(partial(reading, shards), repeats) * 1000
    theirs = told(HF_MEM_SAFETENSORS, shards, 3 * repeats) * 1000
    # Which reads JSON and sums: no checks, no choice of files, no config, no memory.
    note = f"{ours:.1f} and {theirs:.1f} ms"
    yield Figure("safetensors, against hf-mem's parser", ours / theirs, 10, note=note)
    ours = best(partial(reading, gguf), repeats) * 1000
    theirs = told(HF_MEM_GGUF, gguf, header, repeats) * 1000
    yield beside("GGUF: hf-mem's parser against ours", theirs, ours)
    theirs = told(GGUF_READER, gguf) * 1000
    yield beside("GGUF: gguf's GGUFReader against ours", theirs, ours)


def answer(sandbox: Sandbox, path: Path) -> str:
    """All that `hearthub fit show --json` prints, its process for headers at work already."""
    fit = Fit(sandbox)
    return json.dumps(report_json(fit.show(fit.of_path(path), Wanted())))


def reading(path: Path) -> memory.Memory:
    """In this process: the files, the shape and its memory."""
    found = contents(local(path))
    first = found.checkpoints[0]
    if first.format == "gguf":
        shape = gguf_keys.architecture_of(first.files[0].metadata)
    else:
        shape = configs.architecture_of(found.config())
    return memory.inference(shape, first.weights_bytes, Use(context=8192))


def beside(what: str, theirs: float, ours: float) -> Figure:
    note = f"{theirs:,.0f} and {ours:,.0f} ms"
    return Figure(what, theirs / ours, 1, at_least=True, note=note)


def told(script: str, *words: object) -> float:
    """The seconds that a script in the other environment prints."""
    command = [str(PYTHON), "-c", script, *map(str, words)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout)


def best(call: Callable[[], object], repeats: int) -> float:
    """Seconds of the fastest of several rounds: what others do on this machine only adds."""
    times = []
    for _ in range(3 * repeats):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return min(times)


def llama(folder: Path) -> Path:
    """The shapes of Llama-3.1-8B in four shards, with its config."""
    shapes = {"q": (4096, 4096), "k": (1024, 4096), "v": (1024, 4096), "o": (4096, 4096)}
    shapes |= {"gate": (14336, 4096), "up": (14336, 4096), "down": (4096, 14336), "norm": (4096,)}
    for shard in range(4):
        tensors = {
            f"model.layers.{layer}.{name}.weight": ("BF16", shape)
            for layer in range(8 * shard, 8 * shard + 8)
            for name, shape in shapes.items()
        }
        tensors |= {"lm_head.weight": ("BF16", (128256, 4096))} if shard in (0, 3) else {}
        write_safetensors(folder / f"model-{shard + 1:05}-of-00004.safetensors", tensors)
    (folder / "config.json").write_text(json.dumps(LLAMA))
    return folder


def vocabulary(path: Path) -> int:
    """Writes the file; the bytes of its header."""
    chance = random.Random(1)
    words = ["x" * chance.choice((2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20)) for _ in range(262_144)]
    merges = [f"{chance.choice(words)} {chance.choice(words)}" for _ in range(515_000)]
    metadata = GEMMA | {"tokenizer.ggml.tokens": words, "tokenizer.ggml.merges": merges}
    tensors = [(f"blk.{n // 11}.{n % 11}.weight", (2816, 2816), "Q4_K") for n in range(660)]
    write_gguf(path, metadata, tensors)
    return len(gguf_bytes(metadata, tensors)[0])
