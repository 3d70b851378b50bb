"""`python -m bench.fit_readers [--python PATH]`: headers to what a model holds, beside gguf's.

PATH is an interpreter that has `gguf`; without it only ours is measured. Files are
made here: an 8B set of safetensors, and a GGUF file with 262,144 tokens and 515,000 merges.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from hearthub.fit.checkpoints import contents
from hearthub.fit.sources import local
from tests.fit.gguf_files import write_gguf
from tests.fit.weight_files import write_safetensors

ROUNDS = 7
GGUF_PACKAGE = """
import sys, time
from gguf import GGUFReader
start = time.perf_counter()
GGUFReader(sys.argv[1])
print(time.perf_counter() - start)
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.fit_readers", description=__doc__)
    parser.add_argument("--python", help="an interpreter that has gguf")
    words = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hearthub-bench-") as name:
        folder = Path(name)
        shards, gguf = _llama(folder / "8b"), _vocabulary(folder / "m-Q4_K_M.gguf")
        print(f"8B set of safetensors: {_best(lambda: contents(local(shards))) * 1000:.1f} ms")
        ours = _best(lambda: contents(local(gguf)))
        print(f"GGUF, 262,144 tokens:  {ours * 1000:.1f} ms")
        if words.python:
            told = subprocess.run(
                [words.python, "-c", GGUF_PACKAGE, str(gguf)],
                check=True, capture_output=True, text=True,
            )  # fmt: skip
            theirs = float(told.stdout)
            print(f"gguf's GGUFReader:     {theirs * 1000:.0f} ms, {theirs / ours:.0f} times ours")
    return 0


def _best(call: Callable[[], object]) -> float:
    """Seconds of the fastest of several rounds: what others do on this machine only adds."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def _llama(folder: Path) -> Path:
    """The shapes of Llama-3.1-8B in four shards."""
    shapes = {"q": (4096, 4096), "k": (1024, 4096), "v": (1024, 4096), "o": (4096, 4096)}
    shapes |= {"gate": (14336, 4096), "up": (14336, 4096), "down": (4096, 14336), "norm": (4096,)}
    folder.mkdir()
    for shard in range(4):
        layers = range(8 * shard, 8 * shard + 8)
        tensors = {
            f"model.layers.{layer}.{name}.weight": ("BF16", shape)
            for layer in layers
            for name, shape in shapes.items()
        }
        tensors |= {"lm_head.weight": ("BF16", (128256, 4096))} if shard == 3 else {}
        write_safetensors(folder / f"model-{shard + 1:05}-of-00004.safetensors", tensors)
    return folder


def _vocabulary(path: Path) -> Path:
    chance = random.Random(1)
    words = ["x" * chance.choice((2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20)) for _ in range(262_144)]
    merges = [f"{chance.choice(words)} {chance.choice(words)}" for _ in range(515_000)]
    metadata = {"tokenizer.ggml.tokens": words, "tokenizer.ggml.merges": merges}
    tensors = [(f"blk.{n}.weight", (2816, 2816), "Q4_K") for n in range(660)]
    return write_gguf(path, metadata | {"general.architecture": "gemma3"}, tensors)


if __name__ == "__main__":
    sys.exit(main())
