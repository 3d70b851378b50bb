"""The same weights in several forms count once: the form that libraries load, and no sum."""

from pathlib import Path
from typing import Any

import pytest

from fit.repos import GGUF, SMALL, names, only, read

FP16 = {"w": ("F16", (8, 4))}


@pytest.mark.parametrize(
    ("others", "chosen"),
    [
        ({"model.safetensors": SMALL, "pytorch_model.bin": [32]}, "model"),
        ({"model.safetensors": SMALL, "consolidated.safetensors": SMALL}, "model"),
        ({"model.safetensors": SMALL, "consolidated.00.pth": [32]}, "model"),
        ({"model.safetensors": SMALL, "original/consolidated.00.pth": [32]}, "model"),
        ({"model.safetensors": SMALL, "metal/model.bin": [32]}, "model"),
        ({"pytorch_model.bin": [32], "original/consolidated.00.pth": [32]}, "pytorch_model"),
        ({"pytorch_model.bin": [32], "tf_model.h5": b"h", "flax_model.msgpack": b"f"},
         "pytorch_model"),
        ({"consolidated.safetensors": SMALL, "params.json": {}}, "consolidated"),
        ({"consolidated.00.pth": [32], "consolidated.01.pth": [32]}, "consolidated"),
        ({"original/consolidated.00.pth": [32]}, "original/consolidated"),
    ],
)  # fmt: skip
def test_one_of_several_forms(tmp_path: Path, others: dict[str, Any], chosen: str) -> None:
    assert names(read(tmp_path, others)) == [chosen]


def test_variants_are_alternatives_behind_the_weights_as_trained(tmp_path: Path) -> None:
    files = {"model.fp16.safetensors": FP16, "model.safetensors": {"w": ("F32", (8, 4))}}
    found = read(tmp_path, files | {"pytorch_model.fp16.bin": [32]})
    assert [(each.name, each.label, each.weights_bytes) for each in found.checkpoints] == [
        ("model", None, 128),
        ("model.fp16", "FP16", 64),
    ]


def test_a_variant_alone_is_the_model(tmp_path: Path) -> None:
    found = only(tmp_path, {"model.bf16.safetensors": SMALL})
    assert (found.label, found.parameters) == ("BF16", 32)


def test_shards_of_a_variant_stay_together(tmp_path: Path) -> None:
    files = {f"model.fp16-{n:05}-of-00002.safetensors": FP16 for n in (1, 2)}
    files |= {f"model-{n:05}-of-00003.safetensors": SMALL for n in (1, 2, 3)}
    found = read(tmp_path, files).checkpoints
    assert [(each.name, len(each.files)) for each in found] == [("model", 3), ("model.fp16", 2)]


def test_files_of_other_names_are_alternatives(tmp_path: Path) -> None:
    """As single-file repos of image models have them."""
    files = {"flux1-dev.safetensors": SMALL, "flux1-dev-fp8.safetensors": {"w": ("F8_E4M3", (9,))}}
    found = read(tmp_path, files).checkpoints
    assert [(each.name, each.label) for each in found] == [
        ("flux1-dev", None),
        ("flux1-dev-fp8", "FP8"),
    ]


def test_folders_count_where_the_root_has_no_weights(tmp_path: Path) -> None:
    files = {"4bit/model.safetensors": SMALL, "8bit/model.safetensors": SMALL}
    assert names(read(tmp_path, files)) == ["4bit/model", "8bit/model"]


def test_gguf_and_onnx_stand_beside_the_weights_of_libraries(tmp_path: Path) -> None:
    files = {"model.safetensors": SMALL, "m-Q4_K_M.gguf": GGUF, "onnx/model.onnx": b"\x3a\x00"}
    found = read(tmp_path, files).checkpoints
    assert [each.format for each in found] == ["safetensors", "gguf", "onnx"]


def test_files_that_an_index_names_are_loaded_together(tmp_path: Path) -> None:
    """Some numbered without their total, some named for what they hold; a file that the index
    does not name is none of them."""
    parts = ("model-00001.safetensors", "model-00002.safetensors", "mtp.safetensors")
    files: dict[str, Any] = {name: {name: ("BF16", (10,))} for name in parts}
    files["model.safetensors.index.json"] = {"weight_map": {name: name for name in parts}}
    found = only(tmp_path, {**files, "other.safetensors": SMALL})
    assert (found.name, found.parameters, len(found.files)) == ("model", 30, 3)


def test_files_beside_shards_that_the_index_names(tmp_path: Path) -> None:
    """Quantisers leave what they did not touch in a file of another name."""
    parts = [f"model-{n:05}-of-00002.safetensors" for n in (1, 2)] + ["model_extra.safetensors"]
    files: dict[str, Any] = {name: {name: ("BF16", (10,))} for name in parts}
    files["model.safetensors.index.json"] = {
        "weight_map": {name: name for name in [*parts, "gone.safetensors"]}
    }
    found = only(tmp_path, files)
    assert found.parameters == 30
    assert found.files[0].warnings == ("1 of its parts are missing",)


@pytest.mark.parametrize(
    "index",
    [[], {}, {"weight_map": []}, {"weight_map": {"a": 7, "b": "../x", "c": "README.md"}}, b"{{"],
)
def test_an_index_that_says_nothing(tmp_path: Path, index: Any) -> None:
    files = {"model.safetensors": SMALL, "extra.safetensors": SMALL}
    found = only(tmp_path, {**files, "model.safetensors.index.json": index})
    assert (found.name, found.parameters) == ("model", 32)
