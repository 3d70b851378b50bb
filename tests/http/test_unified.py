"""Diffs that the real git applies, of texts that take difflib for ever too."""

import random
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hearthub.http.unified import ALL_S, Unified
from hearthub.sandbox import Sandbox

NAMES = ("a/f", "b/f")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox(1)
    yield sandbox
    sandbox.close()


def applied(folder: Path, before: str, diff: str) -> str:
    file = folder / "f"
    file.write_bytes(before.encode())
    subprocess.run(["git", "apply"], cwd=folder, input=diff.encode(), check=True)
    return file.read_bytes().decode()


def texts() -> Iterator[tuple[str, str]]:
    many = "".join(f"{number}\n" for number in range(40))
    yield "one\ntwo\n", "one\n2\n"
    yield "a", "b\n"
    yield "a\n", "a"
    yield "a\x0bb\r\u2028c\r\nd", "a\x0bb\r\u2028X\r\nd"
    yield many, many.replace("20\n", "")
    yield many, many.replace("20\n", "20\nnew\nnewer\n")
    yield many, many.replace("3\n", "x\n")
    yield many, f"{many}more"
    yield many, f"more\n{many}"


@pytest.mark.parametrize(("before", "after"), [*texts()])
@pytest.mark.parametrize("is_late", [False, True])
def test_git_applies_it(
    sandbox: Sandbox, tmp_path: Path, before: str, after: str, is_late: bool
) -> None:
    unified = Unified(sandbox)
    if is_late:
        unified._until = 0.0
    assert applied(tmp_path, before, unified(before, after, NAMES)) == after
    assert unified(after, after, NAMES) == ""


def test_new_and_gone(sandbox: Sandbox) -> None:
    unified = Unified(sandbox)
    assert unified("", "x\ny\n", NAMES) == "--- a/f\n+++ b/f\n@@ -0,0 +1,2 @@\n+x\n+y\n"
    assert unified("x\n", "", NAMES) == "--- a/f\n+++ b/f\n@@ -1,1 +0,0 @@\n-x\n"


def test_what_takes_too_long_is_replaced(sandbox: Sandbox, tmp_path: Path) -> None:
    chance = random.Random(1)  # no line so often that difflib leaves it out
    sides = ["".join(f"{chance.randrange(200)}\n" for _ in range(60_000)) for _ in range(2)]
    unified, began = Unified(sandbox), time.monotonic()
    for _ in range(10):
        diff = unified(*sides, NAMES)
    assert time.monotonic() - began < ALL_S + 5
    assert applied(tmp_path, sides[0], diff) == sides[1]
