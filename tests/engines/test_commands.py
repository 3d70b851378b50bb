"""All that fit prints for the two models can be read by what it is for; PEFT's is run."""

import subprocess
from pathlib import Path

import pytest

from engines.conftest import CHECKPOINT, GGUF, KINDS, Bench

pytestmark = pytest.mark.engines

PYTHON = {"transformers", "peft"}
EXPECTED = {
    CHECKPOINT: {"transformers", "vllm", "sglang", "mlx", "trl", "peft"},
    GGUF: {"llama.cpp", "ollama"},
}


@pytest.mark.parametrize("hardware", [(), ("--ram", 8), ("--hardware", "rtx 4090")])
@pytest.mark.parametrize("repo", [CHECKPOINT, GGUF])
def test_syntax(
    bench: Bench, checkpoint: str, gguf: str, repo: str, hardware: tuple[object, ...]
) -> None:
    kinds = KINDS if repo == GGUF else (None,)
    for kind in kinds:
        wanted = ("--file", kind) if kind else ()
        commands = bench.show(repo, *wanted, *hardware)["commands"]
        if not hardware:
            assert commands.keys() == EXPECTED[repo]
        assert commands
        for engine, text in commands.items():
            if engine in PYTHON:
                compile(text, engine, "exec")
            else:
                subprocess.run(["bash", "-n", "-c", text], check=True, timeout=60)
            assert bench.hub.url in text


@pytest.mark.clients
def test_peft_as_printed(bench: Bench, checkpoint: str, tmp_path: Path) -> None:
    file = tmp_path / "printed.py"
    file.write_text(bench.show(checkpoint, "--ram", 8)["commands"]["peft"], encoding="utf-8")
    *_, said, measured = bench.run("train", "run_python.py", file).splitlines()
    assert said.startswith("trainable params: ")
    assert "PeftModelForCausalLM" in measured
