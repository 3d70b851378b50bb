"""`hearthub pulse trending`, in processes of its own."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from catalogue.shelves import add_cast, create
from hearthub.app import open_hub
from hearthub.lake import Lake
from hearthub.pulse import TABLES
from hearthub.sandbox import Sandbox
from hearthub.settings import Settings
from pulse.lakes import history, panel


def hearthub(data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hearthub", "pulse", "trending", "--data", str(data), *words],
        capture_output=True,
        text=True,
        timeout=120,
    )


def folder_of(folder: Path, **more: object) -> Path:
    lake = Lake(folder / "lake", TABLES, Sandbox(1))
    rows = history({"a/x": 5, "a/'; drop table u; --": 2}) + history({"b/=1+1": 1})
    panel(lake, folder, rows, source="told", **more)
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_of(tmp_path_factory.mktemp("hub"))


def test_every_format_has_the_same(data: Path) -> None:
    rows = json.loads(hearthub(data, "--format", "json", "--sort", "hub").stdout)
    assert [(row["id"], row["value"]) for row in rows] == [
        ("a/x", 35.0),
        ("a/'; drop table u; --", 14.0),
        ("b/=1+1", 7.0),
    ]
    assert {row["source"] for row in rows} == {"told"}
    assert {row["at"] for row in rows} == {"2026-04-19T23:59:59Z"}
    flat = list(
        csv.DictReader(io.StringIO(hearthub(data, "--format", "csv", "--sort", "hub").stdout))
    )
    assert [row["id"] for row in flat] == [row["id"] for row in rows]
    heading, *lines = hearthub(data, "--sort", "hub").stdout.splitlines()
    assert heading.split()[:4] == ["RANK", "ID", "HUB", "LIKES_GAINED"]
    assert lines[0].split()[:2] == ["1", "a/x"]


def test_the_default_sort_and_what_limits(data: Path) -> None:
    rows = json.loads(hearthub(data, "--format", "json", "--limit", "2").stdout)
    assert [row["sort"] for row in rows] == ["pulse"] * 2
    rows = json.loads(hearthub(data, "--format", "json", "--universe", "model@told/active").stdout)
    assert len(rows) == 3


def test_a_stranger_moves_no_cursor(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake", TABLES, Sandbox(1))
    name = "a/\u202eevil<script>"
    panel(lake, tmp_path, history({name: 5}, pipeline_tag="\x1b[31mred"))
    done = hearthub(tmp_path)
    assert "a/\N{REPLACEMENT CHARACTER}evil<script>" in done.stdout
    assert "\x1b" not in done.stdout
    assert json.loads(hearthub(tmp_path, "--format", "json").stdout)[0]["id"] == name


def test_what_is_made_up_says_so_in_every_format(tmp_path: Path) -> None:
    folder_of(tmp_path, synthetic=True)
    assert all("made up" in line for line in hearthub(tmp_path).stdout.splitlines()[1:])
    rows = json.loads(hearthub(tmp_path, "--format", "json").stdout)
    assert all(row["synthetic"] is True for row in rows)
    flat = csv.DictReader(io.StringIO(hearthub(tmp_path, "--format", "csv").stdout))
    assert {row["synthetic"] for row in flat} == {"true"}


def test_this_hub_shows_what_is_public_now(tmp_path: Path) -> None:
    with open_hub(Settings(data=tmp_path)) as hub:
        add_cast(hub)
        for name in ("acme/shown", "acme/hidden"):
            hub.community.like(hub.accounts.actor("alice"), create(hub, name))
        hub.pulse.ingest()
        hub.registry.change_settings(
            hub.accounts.actor("root"), "model", "acme/hidden", visibility="private"
        )
    rows = json.loads(hearthub(tmp_path, "--format", "json").stdout)
    assert [(row["id"], row["source"]) for row in rows] == [("acme/shown", "own")]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--sort", "best"], 2, "'best' is not one of"),
        (["--type", "paper"], 2, "'paper' is not one of"),
        (["--type", "space"], 1, "Nothing was ingested yet that has a space"),
        (["--universe", "model@else"], 1, "from 'else'"),
        (["--universe", "people"], 1, "A universe is"),
        (["--limit", "0"], 1, "limit is from 1 to 200"),
    ],
)
def test_what_cannot_be_said(data: Path, words: list[str], code: int, said: str) -> None:
    done = hearthub(data, *words)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
