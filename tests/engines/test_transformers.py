"""The Python that fit prints for transformers, run as it stands, takes the memory it tells."""

from pathlib import Path
from typing import Any

import pytest

from engines.conftest import TWIN, Bench, near

pytestmark = pytest.mark.engines

SHORT, LONG = 128, 2048
WRITTEN = 64
"""Tokens that the printed code asks for."""


def run(bench: Bench, folder: Path, repo: str, text: str, twin: str | None = None) -> Any:
    files = []
    for name in filter(None, (repo, twin)):
        file = folder / f"{name.replace('/', '-')}.py"
        file.write_text(text.replace(repo, name), encoding="utf-8")
        files.append(file)
    return bench.measure("train", "run_python.py", *files)


def filled(text: str, tokens: int) -> str:
    """The same with a prompt that leaves room for what is written."""
    assert text.count('"Hello"') == 1
    return text.replace('"Hello"', repr(" ".join(["Hello"] * (tokens - WRITTEN))))


def test_process_as_printed(bench: Bench, checkpoint: str, tmp_path: Path) -> None:
    report = bench.show(checkpoint, "--hardware", "auto", "--context", SHORT)
    (verdict,) = report["verdicts"]
    assert (verdict["engine"], verdict["verdict"]) == ("transformers", "fits")
    measured = run(bench, tmp_path, checkpoint, report["commands"]["transformers"])
    assert measured["class"] == "LlamaForCausalLM"
    assert measured["parameters"] == report["params_total"]
    assert near(verdict["memory"]["total_bytes"], measured["process"])


def test_process_with_a_full_context(bench: Bench, checkpoint: str, tmp_path: Path) -> None:
    report = bench.show(checkpoint, "--ram", 8, "--context", LONG)
    text = filled(report["commands"]["transformers"], LONG)
    measured = run(bench, tmp_path, checkpoint, text)
    assert measured["prompt"] == LONG - WRITTEN
    assert near(report["verdicts"][0]["memory"]["total_bytes"], measured["process"])


@pytest.mark.parametrize("context", [SHORT, LONG])
def test_model_alone(bench: Bench, checkpoint: str, tmp_path: Path, context: int) -> None:
    """Without the libraries: what is over once a tiny model of the family has run."""
    report = bench.show(checkpoint, "--ram", 8, "--context", context)
    text = report["commands"]["transformers"]
    text = filled(text, LONG) if context == LONG else text
    measured = run(bench, tmp_path, checkpoint, text, TWIN)
    predicted = report["verdicts"][0]["memory"]
    assert near(predicted["total_bytes"] - predicted["overhead_bytes"], measured["model"])
