"""Asks llama.cpp what a context costs, by its own print on virtual GGUF files.

`llama-fit-params -fitp on` needs every tensor of an architecture; which ones, and of what shape,
its error messages tell one by one: `python tests/fit/oracles/llama.py PROGRAM > .../llama.json`.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from fit.architecture.gguf_shapes import SHAPES, Keys
from fit.gguf_files import write_gguf

MISSING = re.compile(
    r"(?:missing tensor|check_tensor_dims: tensor) '([^']+)'(?: not found|\s*$)", re.M
)
WRONG = re.compile(r"tensor '([^']+)' has wrong shape; expected ([\d, ]+), got")
MOST_TRIES, MOST_SILENT = 20_000, 20
LAST_WORDS = """
#include <stdlib.h>
#include <unistd.h>
void abort(void) { usleep(4000); _exit(134); }
"""
"""Loaded before the program: its log is written by a thread that its abort would outrun."""

COMPANIONS = [
    ("qwen3", "ssm_conv1d.weight", ("attn_qkv.weight", "attn_gate.weight")),
    ("falcon-h1", "ssm_conv1d.weight", ("ssm_conv1d.bias",)),
    ("granitehybrid", "ssm_conv1d.weight", ("ssm_conv1d.bias",)),
    ("nemotron_h", "ssm_conv1d.weight", ("ssm_conv1d.bias",)),
    (
        "glm-dsa",
        "attn_q_a.weight",
        (
            "indexer.k_norm.weight",
            "indexer.k_norm.bias",
            "indexer.proj.weight",
            "indexer.attn_k.weight",
            "indexer.attn_q_b.weight",
        ),
    ),
    ("phi3", "attn_norm.weight", ("attn_qkv.weight",)),
]
"""Tensors that loading does without and running does not, beside one that it asks for."""

USES: list[dict[str, Any]] = [
    {"context": 4096},
    {"context": 32768},
    {"context": 10000},
    {"context": 131072},
    {"context": 8192, "sequences": 4},
    {"context": 32768, "cache_type": "q8_0"},
    {"context": 32768, "ubatch": 2048},
    {"context": 32768, "swa_full": True},
]
"""`context` is of one sequence; llama.cpp's `-c` is of all."""


def run(program: Path, file: Path, use: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    sequences, kind = use.get("sequences", 1), use.get("cache_type", "f16")
    batch = str(use.get("ubatch", 512))
    flags = ["-c", str(use["context"] * sequences), "-np", str(sequences), "-fa", "on"]
    flags += ["-ctk", kind, "-ctv", kind, "-b", "2048", "-ub", batch, "--fit", "off"]
    flags += ["--swa-full"] if use.get("swa_full") else []
    command = [str(program), "-m", str(file), "-fitp", "on", *flags]
    environment = os.environ | {"LD_PRELOAD": str(last_words())}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


@cache
def last_words() -> Path:
    folder = Path(tempfile.mkdtemp())
    (folder / "words.c").write_text(LAST_WORDS)
    library = folder / "words.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, folder / "words.c"], check=True)
    return library


def companions(architecture: str, name: str) -> list[str]:
    return [
        name.replace(asked, other)
        for family, asked, others in COMPANIONS
        if architecture.startswith(family) and name.endswith("." + asked)
        for other in others
    ]


def discover(program: Path, file: Path, keys: Keys) -> None:
    """Writes the file again and again with one tensor more, until it loads."""
    shapes: dict[str, tuple[int, ...]] = {}
    keys = keys | {"tokenizer.ggml.model": "none"}
    silent = 0
    for _ in range(MOST_TRIES):
        write_gguf(file, keys, [(name, dims, "F32") for name, dims in shapes.items()])
        said = run(program, file, USES[0])
        said_all = said.stdout + said.stderr
        if found := MISSING.search(said_all):
            alike = re.sub(r"^blk\.\d+", "", found[1])
            known = [dims for name, dims in shapes.items() if name.endswith(alike)]
            shapes[found[1]] = known[-1] if known else (1,)
            shapes |= dict.fromkeys(companions(keys["general.architecture"], found[1]), (1,))
        elif found := WRONG.search(said_all):
            dims = [int(number) for number in found[2].split(",")]
            shapes[found[1]] = tuple(reversed(dims))
        elif said.returncode == 0:
            return
        elif (silent := silent + 1) > MOST_SILENT:
            raise RuntimeError(f"{said.returncode} {said_all[-600:]}")
    raise RuntimeError("too many tries")


def measure(program: Path, keys: Keys) -> list[dict[str, Any]]:
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "virtual.gguf"
        discover(program, file, keys)
        for use in USES:
            said = run(program, file, use)
            host = re.search(r"^Host (\d+) (\d+) (\d+)", said.stdout, re.MULTILINE)
            if host:
                rows.append(use | {"context_mib": int(host[2]), "compute_mib": int(host[3])})
            else:
                print(f"  {use}: {(said.stdout + said.stderr)[-300:]}", file=sys.stderr)
    return rows


def main(program: Path, chosen: list[str]) -> None:
    result: dict[str, Any] = {}
    for name, keys in SHAPES.items():
        if chosen and name not in chosen:
            continue
        try:
            result[name] = {"keys": keys, "rows": measure(program, keys)}
        except RuntimeError as error:
            print(name, error, file=sys.stderr, flush=True)
            continue
        print(
            name, [row["context_mib"] for row in result[name]["rows"]], file=sys.stderr, flush=True
        )
    made_by = "llama-fit-params of llama-cpp-python 0.3.36, CPU"
    rows = [f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in result.items()]
    head = f' "made_by": {json.dumps(made_by)},'
    print("\n".join(["{", head, ' "models": {', ",\n".join(rows), " }", "}"]))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
