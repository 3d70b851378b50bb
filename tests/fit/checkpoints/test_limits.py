"""Malformed files among good ones, and repos made to keep whoever looks at them busy."""

import json
from pathlib import Path
from typing import Any

import pytest

from fit.hostile_files import CONFIGS
from fit.repos import CLIP, GGUF, SMALL, names, read, write
from hearthub.errors import BadRequest, TooLarge, Unavailable
from hearthub.fit.checkpoints import MAX_CHECKPOINTS, MAX_KILLED, contents
from hearthub.fit.readers import read as read_header
from hearthub.fit.sources import Source, SourceFile, local
from hearthub.fit.weight_sets import plan
from hearthub.fit.weights import WeightFile


def listed(*paths: str) -> list[SourceFile]:
    return [SourceFile(path, 100) for path in paths]


def test_a_malformed_file_leaves_the_others(tmp_path: Path) -> None:
    files = {"m-Q4_K_M.gguf": b"GGUF nonsense that goes on", "m-Q8_0.gguf": GGUF}
    found = read(tmp_path, files | {"mmproj-F16.gguf": b"x" * 99})
    assert names(found) == ["m-Q8_0"]
    assert found.checkpoints[0].sidecars == ()
    assert sorted(text.partition(":")[0] for text in found.warnings) == [
        "m-Q4_K_M.gguf",
        "mmproj-F16.gguf",
    ]


def test_a_malformed_part_spoils_its_whole(tmp_path: Path) -> None:
    """Half a model is none, but another form of it may be there."""
    files = {"model-00001-of-00002.safetensors": SMALL, "model-00002-of-00002.safetensors": b"x"}
    found = read(tmp_path, {**files, "m-Q8_0.gguf": GGUF})
    assert names(found) == ["m-Q8_0"]


def test_nothing_but_malformed_files(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match=r"^model\.safetensors: not a safetensors file"):
        read(tmp_path, {"model.safetensors": b"x" * 50})


def test_a_projector_alone_is_listed_where_its_model_is_malformed(tmp_path: Path) -> None:
    found = read(tmp_path, {"m-Q8_0.gguf": b"x" * 50, "mmproj-F16.gguf": CLIP})
    assert names(found) == ["mmproj-F16"]


class Killing:
    """A reader whose worker dies of every file named `hang`."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, source: Source, file: SourceFile, form: str) -> WeightFile:
        self.asked += 1
        if "hang" in file.path:
            raise Unavailable("Checking took longer than 2 s")
        return read_header(source, file, form)


def test_a_file_that_kills_its_worker_leaves_the_others(tmp_path: Path) -> None:
    write(tmp_path, {"hang.gguf": GGUF, "m-Q8_0.gguf": GGUF})
    found = contents(local(tmp_path), Killing())
    assert names(found) == ["m-Q8_0"]
    assert found.warnings == ("hang.gguf: Checking took longer than 2 s",)


def test_a_repo_wears_out_a_few_workers_and_no_more(tmp_path: Path) -> None:
    write(tmp_path, {f"hang-{n}.gguf": GGUF for n in range(20)})
    reader = Killing()
    with pytest.raises(Unavailable):
        contents(local(tmp_path), reader)
    assert reader.asked == MAX_KILLED + 1


def test_more_checkpoints_than_are_listed(tmp_path: Path) -> None:
    write(tmp_path, {f"m{n}-Q8_0.gguf": GGUF for n in range(MAX_CHECKPOINTS + 9)})
    assert len(contents(local(tmp_path)).checkpoints) == MAX_CHECKPOINTS


@pytest.mark.parametrize("name", ["model-{:05}-of-02500.safetensors", "mmproj-{}-of-2500.gguf"])
def test_more_parts_than_any_model_has(tmp_path: Path, name: str) -> None:
    for number in range(1, 2502):
        (tmp_path / name.format(number)).touch()
    write(tmp_path, {"m-Q8_0.gguf": GGUF})
    with pytest.raises(TooLarge, match="files of weights"):
        contents(local(tmp_path))


@pytest.mark.parametrize("case", CONFIGS)
@pytest.mark.parametrize("name", ["config.json", "model_index.json", "modules.json"])
def test_configs_that_are_no_configs(tmp_path: Path, case: str, name: str) -> None:
    found = read(tmp_path, {"model.safetensors": SMALL, name: CONFIGS[case]})
    assert (names(found), found.checkpoints[0].label) == (["model"], None)


def test_configs_take_no_more_than_so_many_bytes(tmp_path: Path) -> None:
    """Of 60 folders with 4 MB each, those of the first."""
    files: dict[str, Any] = {f"f{n:02}/config.json": b'"' + b"x" * 4_000_000 + b'"'
                             for n in range(10)}  # fmt: skip
    found = read(tmp_path, {"model.safetensors": SMALL, "config.json": {"a": 1}, **files})
    assert found.config() == {"a": 1}
    assert sum(len(json.dumps(value)) for value in found.configs.values()) < 9_000_000


def test_a_plan_of_many_folders_and_many_components() -> None:
    """Each of 10,000 files in a folder of its own, and an index that names 100,000: neither is
    looked for in the other one by one."""
    files = listed(*(f"f{n}/model.safetensors" for n in range(10_000)))
    assert len(plan(files, {}).sets) == 10_000
    index = {f"f{n}": ["diffusers", "X"] for n in range(100_000)}
    assert len(plan(files, {"model_index.json": index}).sets) == 10_000


@pytest.mark.parametrize(
    "path",
    [
        "-" * 9000 + ".gguf",
        "-mmproj" * 2000 + ".gguf",
        "mtp-" * 3000 + ".gguf",
        "Q4_K_" * 3000 + ".gguf",
        "UD-" * 4000 + "Q4_0.gguf",
        "_fp16" * 3000 + ".safetensors",
        "-1-of-1" * 2000 + ".safetensors",
        "model-999999-of-000000.safetensors",
        "model-00000-of-00000.safetensors",
        "consolidated." + "00." * 3000 + "pth",
        "\u0660-\u0661-of-\u0662.safetensors",
        "model-\u0661-of-\u0662.safetensors",
        "consolidated.\u0661\u0662.pth",
        ".safetensors",
        "/.gguf",
        "..//..gguf",
    ],
    ids=lambda path: path[:20],
)
def test_names_of_strangers(path: str) -> None:
    (found,) = plan(listed(path), {}).sets
    assert [file.path for file in found.files] == [path]
    assert found.missing < 10**6
