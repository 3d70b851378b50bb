"""ONNX repos: variants by name, and weights in files beside the graph."""

from pathlib import Path

import pytest

from fit.repos import SMALL, only, read
from fit.weight_files import onnx_bytes

WEIGHTS = {"w": (1, (64, 4), 1024)}


def test_weights_beside_the_graph(tmp_path: Path) -> None:
    """Of all files that its tensors name, in the graph's own folder."""
    graph = onnx_bytes(WEIGHTS, "model.onnx_data")
    found = only(tmp_path, {"onnx/model.onnx": graph, "onnx/model.onnx_data": bytes(1024)})
    (file,) = found.files
    assert (found.parameters, found.weights_bytes) == (256, 1024)
    assert (file.size, file.warnings) == (len(graph) + 1024, ())


def test_weights_that_are_not_there(tmp_path: Path) -> None:
    """Also those that are elsewhere than beside it."""
    files = {"m/model.onnx": onnx_bytes(WEIGHTS, "../w.data"), "w.data": bytes(1024)}
    found = only(tmp_path, files)
    assert found.files[0].warnings == ("1 files of weights are missing",)
    assert found.parameters == 256


@pytest.mark.parametrize("folder", ["", "onnx/"])
def test_weights_of_a_graph_are_no_checkpoint_of_their_own(tmp_path: Path, folder: str) -> None:
    graph = onnx_bytes(WEIGHTS, "weights.bin")
    files = {f"{folder}model.onnx": graph, f"{folder}weights.bin": bytes(1024)}
    assert only(tmp_path, files).format == "onnx"


def test_weights_of_openvino_are_no_pickle(tmp_path: Path) -> None:
    files = {
        "openvino_model.xml": b"<net/>",
        "openvino_model.bin": bytes(64),
        "p.safetensors": SMALL,
    }
    assert only(tmp_path, files).name == "p"


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("model", None),
        ("model_fp16", "FP16"),
        ("model_quantized", "INT8"),
        ("model_q4f16", "Q4F16"),
        ("model_q4", "Q4"),
        ("model_bnb4", "BNB4"),
        ("decoder_model_merged_uint8", "UINT8"),
        ("encoder_model", None),
        ("model-int8", "INT8"),
    ],
)
def test_labels(tmp_path: Path, name: str, label: str | None) -> None:
    assert only(tmp_path, {f"{name}.onnx": onnx_bytes(WEIGHTS)}).label == label


def test_the_plain_graph_first(tmp_path: Path) -> None:
    names = ("model_q4", "decoder_model", "model", "model_fp16")
    found = read(tmp_path, {f"onnx/{name}.onnx": onnx_bytes(WEIGHTS) for name in names})
    assert [each.name.removeprefix("onnx/") for each in found.checkpoints] == [
        "model",
        "decoder_model",
        "model_fp16",
        "model_q4",
    ]


def test_a_graph_without_weights_of_its_own(tmp_path: Path) -> None:
    """Constants in its nodes: only the size of the file is known."""
    files = {"model.onnx": b"\x08\x09\x3a\x0a" + b"\x0a\x08" + bytes(8), "a.safetensors": SMALL}
    found = read(tmp_path, files).checkpoints[1]
    assert (found.parameters, found.weights_bytes) == (0, 14)
