"""Repos of GGUF files: many quantisations, splits, folders, and what is loaded beside a model."""

from pathlib import Path
from typing import Any

import pytest

from fit.repos import CLIP, GGUF, names, only, read
from hearthub.fit.weights import Skipped

KEYS = {"general.architecture": "qwen3moe", "tokenizer.ggml.tokens": ["word"] * 5000}


def sized(rows: int) -> Any:
    return GGUF[0], [("blk.0.attn_q.weight", (rows, 256), "Q4_K")]


def test_the_preferred_first_then_by_size(tmp_path: Path) -> None:
    """Q4_K_M, then Q8_0: llama.cpp's own order where nobody names one."""
    labels = ["BF16", "IQ2_M", "Q2_K", "Q4_K_M", "Q6_K", "Q8_0", "UD-Q3_K_XL"]
    sizes = dict(zip(labels, (16, 2, 3, 5, 6, 8, 4), strict=True))
    found = read(tmp_path, {f"Qwen3-8B-{name}.gguf": sized(n) for name, n in sizes.items()})
    assert [each.label for each in found.checkpoints] == [
        "Q4_K_M", "Q8_0", "BF16", "Q6_K", "UD-Q3_K_XL", "Q2_K", "IQ2_M",
    ]  # fmt: skip


def test_splits_have_their_keys_in_the_first_part_alone(tmp_path: Path) -> None:
    """As llama-gguf-split --no-tensor-first-split writes them."""
    tensors = [(f"blk.{n}.w", (4, 256), "Q4_K") for n in range(4)]
    files = {
        "M-Q4_K_M-00001-of-00003.gguf": (KEYS | {"split.count": 3}, []),
        "M-Q4_K_M-00002-of-00003.gguf": ({"split.no": 1}, tensors[:3]),
        "M-Q4_K_M-00003-of-00003.gguf": ({"split.no": 2}, tensors[3:]),
    }
    found = only(tmp_path, files)
    assert found.files[0].metadata["tokenizer.ggml.tokens"] == Skipped(5000)
    assert (found.name, found.parameters) == ("M-Q4_K_M", 4096)
    assert found.weights_bytes == 4 * 576  # the vocabulary is no weight
    assert all(not file.warnings for file in found.files)


def test_a_missing_split_is_told(tmp_path: Path) -> None:
    found = only(tmp_path, {"M-Q8_0-00002-of-00002.gguf": sized(2)})
    assert found.files[0].warnings == ("1 of its parts are missing",)


def test_folders_for_each_quantisation(tmp_path: Path) -> None:
    files = {
        f"{label}/M-{label}-{n:05}-of-00002.gguf": sized(rows)
        for label, rows in (("Q8_0", 8), ("Q4_K_M", 4), ("UD-Q2_K_XL", 2))
        for n in (1, 2)
    }
    found = read(tmp_path, files).checkpoints
    assert [(each.name, each.label, len(each.files)) for each in found] == [
        ("Q4_K_M/M-Q4_K_M", "Q4_K_M", 2),
        ("Q8_0/M-Q8_0", "Q8_0", 2),
        ("UD-Q2_K_XL/M-UD-Q2_K_XL", "UD-Q2_K_XL", 2),
    ]


@pytest.mark.parametrize(
    ("path", "metadata", "label"),
    [
        ("Q5_K_M/model.gguf", {}, "Q5_K_M"),
        ("model.gguf", {"general.file_type": 15}, "Q4_K_M"),
        ("model.gguf", {"general.file_type": 38}, "MXFP4_MOE"),
        ("model.gguf", {"general.file_type": 4}, "Q4_K"),  # removed: what most bytes are of
        ("model.gguf", {"general.file_type": 10**9}, "Q4_K"),
        ("model.gguf", {"general.file_type": "x"}, "Q4_K"),
        ("model.gguf", {}, "Q4_K"),
        ("f16-to-q4_0/m-f16-Q4_0.gguf", {"general.file_type": 1}, "Q4_0"),
    ],
)
def test_labels(tmp_path: Path, path: str, metadata: dict[str, Any], label: str) -> None:
    assert only(tmp_path, {path: (GGUF[0] | metadata, GGUF[1])}).label == label


def test_a_projector_is_loaded_beside_and_never_listed(tmp_path: Path) -> None:
    files = {"m-Q4_K_M.gguf": GGUF, "m-Q8_0.gguf": GGUF}
    files |= {"mmproj-F32.gguf": CLIP, "mmproj-BF16.gguf": CLIP, "mmproj-F16.gguf": CLIP}
    found = read(tmp_path, files | {"mtp-Q8_0.gguf": GGUF, "mtp-F16.gguf": GGUF}).checkpoints
    assert [each.name for each in found] == ["m-Q4_K_M", "m-Q8_0"]
    for each in found:
        beside = [file.path for file in each.sidecars]
        assert sorted(beside) == ["mmproj-F16.gguf", "mtp-F16.gguf"]
        assert each.weights_bytes == 576


@pytest.mark.parametrize(
    "name",
    """mmproj.gguf mmproj-model-f16.gguf gemma-3-4b-it-mmproj-f16.gguf Qwen2-VL.mmproj-Q8_0.gguf
    MMPROJ-F16.gguf vision.gguf model-vision-f16.gguf""".split(),
)
def test_projectors_by_name_or_by_their_architecture(tmp_path: Path, name: str) -> None:
    found = only(tmp_path, {"m-Q4_K_M.gguf": GGUF, name: CLIP})
    assert [file.path for file in found.sidecars] == [name]


def test_a_model_that_holds_its_draft_layers_is_no_sidecar(tmp_path: Path) -> None:
    files = {"Qwen3.5-MTP-Q4_K_M.gguf": GGUF, "Qwen3.5-MTP-Q8_0.gguf": GGUF}
    found = read(tmp_path, files).checkpoints
    assert [(each.label, each.sidecars) for each in found] == [("Q4_K_M", ()), ("Q8_0", ())]


def test_the_projector_of_its_own_folder_comes_first(tmp_path: Path) -> None:
    files = {f"{size}/m-Q4_K_M.gguf": GGUF for size in ("4b", "27b")}
    files |= {f"{size}/mmproj-{kind}.gguf": CLIP for size, kind in (("4b", "F16"), ("27b", "F32"))}
    found = read(tmp_path, files).checkpoints
    assert {each.name: [f.path for f in each.sidecars] for each in found} == {
        "4b/m-Q4_K_M": ["4b/mmproj-F16.gguf"],
        "27b/m-Q4_K_M": ["27b/mmproj-F32.gguf"],
    }


def test_a_repo_of_projectors_alone_lists_them(tmp_path: Path) -> None:
    assert names(read(tmp_path, {"mmproj-F16.gguf": CLIP, "mmproj-Q8_0.gguf": CLIP})) == [
        "mmproj-F16",
        "mmproj-Q8_0",
    ]
