"""`hearthub fit show`, `where` and `compare` of what lies on this machine."""

import csv
import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fit.answers.models import (
    SMALL,
    SMALL_PARAMETERS,
    card,
    write_llama,
    write_llama_gguf,
    write_mixture,
    write_texts,
)
from hearthub.cli import main

KEYS = (
    "architecture params_total params_active params_effective size_source moe quantization "
    "context_max memory verdicts commands evaluations warnings"
).split()
MEMORY = "context weights_bytes cache_bytes compute_bytes overhead_bytes total_bytes".split()


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`hearthub WORDS...` in this process: starting Python so often takes longer than all else."""
    for name in ("HF_ENDPOINT", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)

    def run(*words: str) -> Done:
        monkeypatch.setattr("sys.argv", ["hearthub", *words])
        capsys.readouterr()
        code: object = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code
            if isinstance(code, str):  # Python prints it and ends with 1
                print(code, file=sys.stderr)
                code = 1
        told = capsys.readouterr()
        assert code is None or isinstance(code, int)
        return Done(code or 0, told.out, told.err)

    return run


@pytest.fixture
def llama(tmp_path: Path) -> str:
    return str(write_llama(tmp_path / "llama", **{"README.md": card(license="mit")}))


def shown(run: Run, *words: str) -> Any:
    done = run("fit", "show", *words, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_json_without_hardware(run: Run, llama: str) -> None:
    found = shown(run, llama)
    assert [key for key in KEYS if key not in found] == []
    assert found["params_total"] == found["params_active"] == SMALL_PARAMETERS
    assert found["size_source"] == "header"
    assert found["quantization"] == {
        "label": None,
        "bits_per_weight": 16.0,
        "format": "safetensors",
        "method": None,
    }
    assert (found["architecture"], found["context_max"]) == ("LlamaForCausalLM", 32768)
    assert [key for key in MEMORY if key not in found["memory"]] == []
    assert found["memory"]["context"] == 8192
    assert found["memory"]["cache_bytes"] == 8192 * 8 * 2 * 2 * 128 * 2
    assert (found["verdicts"], found["moe"], found["evaluations"]) == ([], None, [])
    assert f"vllm serve {llama}" in found["commands"]["vllm"]


def test_every_option(run: Run, tmp_path: Path) -> None:
    path = write_mixture(tmp_path / "moe-Q4_K_M.gguf")
    found = shown(
        *(run, str(tmp_path), "--file", path.name, "--hardware", "rtx 4090", "--hardware", "T4"),
        *("--gpus", "1", "--vram", "4", "--ram", "64", "--context", "4096", "--parallel", "2"),
        *("--cache-type", "q8_0", "--engine", "llama.cpp", "--price", "1.5"),
    )
    assert found["file"] == path.name
    assert found["moe"] == {"experts": 128, "active": 8}
    assert found["params_active"] < found["params_total"] / 5
    first, second = found["verdicts"]
    assert (first["hardware"], second["hardware"]) == ("GeForce RTX 4090", "T4")
    assert first["verdict"] == "fits"
    assert "experts" in first["reason"]
    assert first["max_context"] >= 4096
    assert list(found["commands"]) == ["llama.cpp"]
    text = found["commands"]["llama.cpp"]
    assert f"-c 8192 -np 2 --n-cpu-moe {first['cpu_expert_layers']} -fa on -ctk q8_0" in text


def test_speed_and_what_it_costs(run: Run, llama: str) -> None:
    (verdict,) = shown(run, llama, "--hardware", "l4", "--price", "0.8")["verdicts"]
    assert set(verdict["speed"]) == {"low", "high", "unit", "assumption"}
    assert verdict["per_dollar"]["unit"] == "tokens/$"
    assert verdict["per_watt"]["unit"] == "tokens/s/W"


def test_sizes_alone_are_hardware(run: Run, llama: str) -> None:
    (verdict,) = shown(run, llama, "--vram", "0.5")["verdicts"]
    assert (verdict["hardware"], verdict["verdict"]) == ("0.5 GiB of VRAM", "no")
    assert shown(run, llama, "--ram", "16")["verdicts"][0]["verdict"] == "fits"


def test_this_machine(run: Run, llama: str) -> None:
    (verdict,) = shown(run, llama, "--hardware", "auto")["verdicts"]
    assert verdict["memory_free_bytes"] > 0


@pytest.mark.parametrize("method", ["full", "lora", "qlora"])
def test_training(run: Run, llama: str, method: str) -> None:
    found = shown(run, llama, "--train", method, "--hardware", "h100", "--gpus", "2")
    assert found["verdicts"][0]["memory"]["cache_bytes"] == 0
    assert set(found["commands"]) == ({"trl"} if method == "full" else {"trl", "peft"})


def test_words_for_people(run: Run, llama: str) -> None:
    done = run("fit", "show", llama, "--hardware", "rtx 4090", "--hardware", "t4")
    assert done.returncode == 0
    for text in ("187.19 M (header)", "licence       mit", "32,768 tokens", "T4: fits", "vllm:"):
        assert text in done.stdout


def test_what_strangers_wrote_is_shown_without_escapes(run: Run, tmp_path: Path) -> None:
    evil = "\x1b]0;owned\x07\x1b[2J\u202egnp.exe\r\nhearthub: all is well"
    config = SMALL | {"architectures": [evil], "model_type": evil}
    folder = write_llama(tmp_path / "m\x1b[31m", config)
    write_llama_gguf(folder / "x\x1b[2J\u202e-Q4_K_M.gguf", general__license=evil)
    metadata = {"license": evil, "base_model": evil, "pipeline_tag": evil}
    results = [{"dataset": {"name": evil}, "metrics": [{"type": evil, "value": 1}]}]
    texts = {"README.md": card(**metadata, **{"model-index": [{"results": results}]})}
    write_texts(folder, texts)
    outputs = [run("fit", "show", str(folder), "--hardware", "rtx 4090")]
    outputs += [run("fit", "show", str(folder), "--file", "nothing")]
    outputs += [run("fit", "compare", str(folder), *how) for how in ((), ("--markdown",))]
    outputs += [run("fit", "compare", str(folder), "--csv")]
    assert [done.returncode for done in outputs] == [0, 1, 0, 0, 0]
    for done in outputs:
        for line in (done.stdout + done.stderr).split("\n"):
            assert line.isprintable(), repr(line)
            assert not line.startswith("hearthub: all")


def test_where(run: Run, llama: str) -> None:
    rows = json.loads(run("fit", "where", llama, "--json", "--limit", "0").stdout)
    assert len(rows) >= 120
    assert rows[0]["verdict"] == "fits"
    assert rows[0]["memory_free_bytes"] <= rows[100]["memory_free_bytes"]
    heading, *lines = run("fit", "where", llama, "--limit", "3").stdout.splitlines()
    assert heading.split() == ["HARDWARE", "MEMORY", "VERDICT", "NEEDS", "CONTEXT", "SPEED"]
    assert len(lines) == 4
    assert "more (--limit 0 shows all)" in lines[-1]
    two = run("fit", "where", llama, "--hardware", "h100", "--hardware", "t4", "--json")
    assert [row["hardware"] for row in json.loads(two.stdout)] == ["T4", "H100 SXM"]


def test_compare(run: Run, llama: str, tmp_path: Path) -> None:
    other = str(write_llama_gguf(tmp_path / "b" / "m-Q8_0.gguf"))
    rows = json.loads(run("fit", "compare", llama, other, "--json").stdout)
    assert [row["model"] for row in rows] == [llama, other]
    assert (rows[0]["licence"], rows[1]["licence"]) == ("mit", None)
    assert rows[1]["formats"] == ["gguf Q8_0"]
    table = list(csv.DictReader(io.StringIO(run("fit", "compare", llama, other, "--csv").stdout)))
    assert table[1]["licence"] == "not stated"
    markdown = run("fit", "compare", llama, other, "--markdown").stdout.splitlines()
    assert len(markdown) == 4
    assert all(line.startswith("|") and line.endswith("|") for line in markdown)
    assert run("fit", "compare", llama, other, "--csv", "--json").returncode == 1


@pytest.mark.parametrize(
    ("words", "code", "helps"),
    [
        (["show", "/no/such/folder"], 1, "does not exist"),
        (["show", "a" * 5000], 1, "No file or folder"),
        (["show", "no such thing"], 1, "not a name for a repo"),
        (["show", "x/y@"], 1, "a branch, a tag or a commit"),
        (["show", "a/b/c/d"], 1, "does not exist"),
        (["show", "FOLDER", "--hardware", "rtx 409"], 1, "did you mean"),
        (["show", "FOLDER", "--engine", "word"], 1, "choose one of transformers"),
        (["show", "FOLDER", "--file", "Q4"], 1, "there are: model"),
        (["show", "FOLDER", "--context", "0"], 1, "from 1 to"),
        (["show", "FOLDER", "--vram", "nan"], 1, "above 0"),
        (["show", "FOLDER", "--price", "-1"], 1, "above 0"),
        (["show", "FOLDER", "--hardware", "EPYC 9654"], 1, "--ram"),
        (["show", "FOLDER", "--cache-type", "q3"], 2, "q4_0"),
        (["show", "FOLDER", "--gpus", "many"], 2, "integer"),
        (["show"], 2, "TARGET"),
        (["show", "EMPTY"], 1, "neither weights of a known format nor a config"),
        (["show", "/dev/null"], 1, "neither a file nor a folder"),
    ],
    ids=lambda it: " ".join(it)[:40] if isinstance(it, list) else "",
)
def test_errors_say_what_to_do(
    run: Run, llama: str, tmp_path: Path, words: list[str], code: int, helps: str
) -> None:
    (tmp_path / "empty").mkdir()
    places = {"FOLDER": llama, "EMPTY": str(tmp_path / "empty")}
    done = run("fit", *(places.get(word, word) for word in words))
    assert (done.returncode, done.stdout) == (code, "")
    assert helps in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff" * 64, b'{"a": ' * 9000, (2**62).to_bytes(8, "little") + b"{}", b"GGUF\x03\0\0\0"],
)
def test_files_that_are_broken_are_errors_of_one_line(
    run: Run, tmp_path: Path, content: bytes
) -> None:
    for name in ("model.safetensors", "m.gguf", "config.json"):
        folder = tmp_path / name.replace(".", "-")
        folder.mkdir()
        (folder / name).write_bytes(content)
    for folder in sorted(tmp_path.glob("*-*")):
        done = run("fit", "show", str(folder))
        assert "Traceback" not in done.stderr
        assert done.returncode in (0, 1)
        assert len(done.stderr.splitlines()) <= 1
