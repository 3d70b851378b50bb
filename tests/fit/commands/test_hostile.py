"""Names by attackers: a command is one command, with the name as one argument, or it is none."""

import ast
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fit.commands.subjects import ADAPTER, APPLE, FLUX, H100, LLAMA, QWEN_GGUF
from hearthub.fit.commands import Command, Setting, Subject, commands

QUOTABLE = [
    "a/$(touch owned)",
    "a/`touch owned`",
    "a/b;touch owned",
    "a/b' 'touch owned",
    "a/'; touch owned; '",
    'a/"; import os; os.system("touch owned"); "',
    "a/b\\",
    "a/\\'",
    "a/{b,c}*?[d]~!",
    "a/b # c",
    "a/%s%n",
    "a/🤗 é",
]
REFUSED = ["a/b\ntouch owned", "a/\x1b]0;owned\x07", "a/b\x00", "--help", "-c", ""]
REFUSED += ["a/" + "b" * 2000, "a/\u202egnp.sh", "a/\u200b", "a/\r", "a/\ud800"]
EACH = [
    (LLAMA, H100),
    (replace(LLAMA, tags=("text-generation-inference",)), H100),
    (replace(LLAMA, task="image-text-to-text", family="llava"), APPLE),
    (replace(LLAMA, task="automatic-speech-recognition"), H100),
    (QWEN_GGUF, H100),
    (ADAPTER, H100),
    (FLUX, H100),
    (replace(FLUX, format="gguf", architecture="flux", file="f.gguf", base="a/b"), H100),
]


def written(**names: str) -> Iterator[tuple[str, Command]]:
    for subject, setting in EACH:
        yield from commands(replace(subject, **names), setting).items()  # type: ignore[arg-type]


def holds(command: Command, name: str) -> bool:
    """Parsed as its language does, the command has the name within one word of it."""
    if command.language == "python":
        constants = (n for n in ast.walk(ast.parse(command.text)) if isinstance(n, ast.Constant))
        return any(constant.value == name for constant in constants)
    assert subprocess.run(["sh", "-n", "-c", command.text], check=False).returncode == 0
    return any(name in word for word in shlex.split(command.text))


@pytest.mark.parametrize("name", QUOTABLE)
def test_a_repo_is_one_argument(name: str) -> None:
    found = [*written(repo=name)]
    assert {engine for engine, _ in found} >= {"transformers", "vllm", "mlx", "diffusers", "peft"}
    for engine, command in found:
        assert holds(command, name), engine


@pytest.mark.parametrize("name", QUOTABLE)
def test_a_file_is_one_argument(name: str) -> None:
    found = {engine: command for engine, command in written(file=name) if engine != "diffusers"}
    for engine in ("llama.cpp", "ollama"):
        assert holds(found[engine], name), engine


@pytest.mark.parametrize("name", QUOTABLE)
def test_nothing_runs(name: str, tmp_path: Path) -> None:
    """A real shell gets the lines with every program replaced by one that prints its arguments."""
    for _, command in written(repo=name, file=name, endpoint=f"http://{name}"):
        if command.language == "shell":
            for line in command.text.replace(" > Modelfile", "").splitlines():
                words = shlex.split(line)
                program = next(word for word in words if "=" not in word)
                script = line.replace(program, "printf '%s\\0'", 1)
                done = subprocess.run(
                    ["sh", "-c", script], cwd=tmp_path, capture_output=True, check=True
                )
                after = words[words.index(program) + 1 :]
                assert done.stdout.decode().split("\0")[:-1] == after
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", REFUSED)
def test_names_that_nothing_quotes_get_no_command(name: str) -> None:
    assert list(written(repo=name)) == []
    assert commands(replace(QWEN_GGUF, file=name), H100) == {}
    assert commands(replace(ADAPTER, base=name), H100) == {}


@pytest.mark.parametrize("base", ["/srv/base", "../base", "./base", "~/base", "a/b/c", "a/.b"])
def test_a_folder_of_whoever_trained_an_adapter_is_no_base_here(base: str) -> None:
    """Of a repo; the adapter in a folder of one's own may well name another."""
    there = replace(ADAPTER, base=base)
    assert list(commands(there, H100)) == ["peft"]
    assert "vllm" in commands(replace(there, is_local=True), H100)


def test_the_model_file_of_ollama_has_two_lines() -> None:
    text = commands(replace(QWEN_GGUF, file='x" SYSTEM.gguf'), H100)["ollama"].text
    assert shlex.split(text.splitlines()[1])[2:4] == [
        'FROM ./qwen3-30b-a3b-gguf/x" SYSTEM.gguf',
        "PARAMETER num_ctx 8192",
    ]


@given(
    repo=st.text(max_size=40),
    file=st.text(max_size=40),
    label=st.none() | st.text(max_size=9),
    task=st.sampled_from(["text-generation", "fill-mask", "sentence-similarity", None]),
)
def test_any_text(repo: str, file: str, label: str | None, task: str | None) -> None:
    for subject in (LLAMA, QWEN_GGUF, ADAPTER):
        named = replace(subject, repo=repo, file=file, label=label, task=task)
        for command in commands(named, Setting()).values():
            if command.language == "python":
                ast.parse(command.text)
            else:
                shlex.split(command.text)
                assert command.text.isprintable() or "ollama" in command.text


def test_local_folders() -> None:
    local = Subject("a/b c", "gguf", is_local=True, file="$(id).gguf")
    assert shlex.split(commands(local, H100)["llama.cpp"].text)[2] == "a/b c/$(id).gguf"
