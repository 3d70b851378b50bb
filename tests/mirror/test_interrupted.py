"""Imports that are killed, interrupted, or started twice."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from calls import commit, put
from hearthub.app import open_hub
from hearthub.settings import Settings
from live import LiveHub
from mirror.conftest import (
    LFS_SIZE,
    Importer,
    Model,
    files_at,
    info_at,
    new_model,
    parts_of,
    start_import,
)
from mirror.proxy import Proxy, stall, wait_until

LFS = "model.safetensors"
MIB = 2**20

Process = subprocess.Popen[str]


@pytest.fixture
def model(alice: httpx.Client) -> Model:
    return new_model(alice)


@pytest.fixture
def stalled(model: Model, hub: LiveHub, here: LiveHub, upstream: Proxy) -> Iterator[Process]:
    """An import, with a token; 1 MiB of the large file has come, and all others have."""
    upstream.on(LFS, stall(MIB))
    env = {"HEARTHUB_UPSTREAM": upstream.url, "HEARTHUB_UPSTREAM_TOKEN": hub.tokens["alice"]}
    process = start_import(here, model.name, "--json", **env)
    rest = LFS_SIZE - MIB + len(model.files[".gitattributes"])  # which both hubs have anyway
    wait_until(lambda: upstream.sent() == model.size - rest)
    wait_until(lambda: sizes_of_parts(here, model.name) == [MIB])
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate()


def sizes_of_parts(home: LiveHub, name: str) -> list[int]:
    return [path.stat().st_size for path in parts_of(home, name) if path.suffix == ".part"]


def test_kill_in_the_middle(
    stalled: Process, model: Model, here: LiveHub, importer: Importer, upstream: Proxy
) -> None:
    stalled.kill()
    stalled.wait()
    assert info_at(here, model.name, None).status_code == 401  # hidden until it is whole
    upstream.release()
    result = importer(model.name).json
    assert files_at(here, model.name) == model.files
    assert result["bytes_downloaded"] == LFS_SIZE - MIB
    asked = [seen.path for seen in upstream.files()]
    assert len(asked) == len(set(asked)) + 1  # of all files the large one alone was asked for twice
    assert upstream.files()[-1].headers["range"] == f"bytes={MIB}-"
    assert info_at(here, model.name, None).status_code == 200
    assert parts_of(here, model.name) == []


def test_files_that_came_serve_the_next_commit_too(
    stalled: Process,
    model: Model,
    alice: httpx.Client,
    here: LiveHub,
    importer: Importer,
    upstream: Proxy,
) -> None:
    stalled.kill()
    stalled.wait()
    upstream.release()
    commit(alice, model.name, put("later.txt", b"later\n"))
    result = importer(model.name).json
    assert result["bytes_downloaded"] == LFS_SIZE - MIB + len(b"later\n")
    assert files_at(here, model.name) == model.files | {"later.txt": b"later\n"}


def test_damaged_files_are_fetched_again(
    stalled: Process, model: Model, here: LiveHub, importer: Importer, upstream: Proxy
) -> None:
    """A power cut may leave anything in a file that was being written."""
    stalled.kill()
    stalled.wait()
    upstream.release()
    for path in parts_of(here, model.name):
        path.write_bytes(b"\0" * path.stat().st_size)
    importer(model.name)
    assert files_at(here, model.name) == model.files


def test_interrupt(stalled: Process, upstream: Proxy) -> None:
    stalled.send_signal(signal.SIGINT)
    out, err = stalled.communicate(timeout=30)
    assert (stalled.returncode, out) == (1, "")
    assert "goes on from here" in err
    assert "Traceback" not in err


def test_second_import_of_a_repo_is_refused_meanwhile(
    stalled: Process, model: Model, here: LiveHub, importer: Importer, upstream: Proxy
) -> None:
    refused = importer(model.name)
    assert (refused.code, "is running" in refused.err) == (1, True)
    assert importer(model.name, "--as", f"{model.name}-other", "--include", "*.json").code == 0
    upstream.release()
    out, err = stalled.communicate(timeout=30)
    assert stalled.returncode == 0, err
    assert files_at(here, model.name) == model.files
    assert '"changed": true' in out


def test_token_is_nowhere(
    stalled: Process, model: Model, hub: LiveHub, here: LiveHub, upstream: Proxy
) -> None:
    """Not among the words that everybody on the machine may list, not in what is written."""
    token = hub.tokens["alice"]
    assert upstream.files()[0].headers["authorization"] == f"Bearer {token}"
    words = Path(f"/proc/{stalled.pid}/cmdline")
    assert not words.exists() or token.encode() not in words.read_bytes()
    upstream.release()
    out, err = stalled.communicate(timeout=30)
    assert stalled.returncode == 0
    assert token not in out + err
    files = [path for path in here.data.rglob("*") if path.is_file()]
    assert [path for path in files if token.encode() in path.read_bytes()] == []


def test_killed_between_the_commit_and_its_record(
    model: Model, alice: httpx.Client, here: LiveHub, importer: Importer, upstream: Proxy
) -> None:
    first = importer(model.name).json
    model.head = commit(alice, model.name, put("more.txt", b"more\n"))
    second = importer(model.name).json
    with open_hub(Settings(data=here.data)) as hub:  # the row as it was in between
        hub.db.execute(
            "update mirror_origin set head = :head, upstream_commit = :old, pending = :new"
            " where head = :now",
            head=first["commit"],
            old=first["upstream_commit"],
            new=second["upstream_commit"],
            now=second["commit"],
        )
    upstream.seen.clear()
    third = importer(model.name).json
    assert (third["commit"], third["upstream_commit"]) == (second["commit"], model.head)
    assert upstream.files() == []
    assert importer(model.name).json["changed"] is False


def test_abandoned_files_go_after_a_week(model: Model, here: LiveHub, importer: Importer) -> None:
    folder = here.data / "tmp" / "imports" / "somebody-elses"
    folder.mkdir()
    for name, age in (("old.part", 8 * 86400), ("new.part", 86400)):
        (folder / name).write_bytes(b"x")
        then = (folder / name).stat().st_mtime - age

        os.utime(folder / name, (then, then))
    importer(model.name)
    assert [path.name for path in folder.glob("*.part")] == ["new.part"]
