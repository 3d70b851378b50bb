"""Several models loaded together: diffusers' folders, the modules of sentence-transformers."""

from pathlib import Path
from typing import Any

import pytest

from fit.repos import GGUF, SMALL, names, only, read

CLASS = ["diffusers", "FluxTransformer2DModel"]
FP16 = {"w": ("F16", (8, 4))}


def index(*folders: str, **more: Any) -> dict[str, Any]:
    return {"_class_name": "FluxPipeline"} | dict.fromkeys(folders, CLASS) | more


def test_components_are_loaded_together(tmp_path: Path) -> None:
    """What the index does not name (a single-file checkpoint beside it, ONNX) does not count."""
    files = {
        "model_index.json": index(
            "transformer", "text_encoder", "vae", "scheduler", "tokenizer", is_distilled=False
        ),
        "transformer/diffusion_pytorch_model-00001-of-00002.safetensors": SMALL,
        "transformer/diffusion_pytorch_model-00002-of-00002.safetensors": SMALL,
        "text_encoder/model.safetensors": SMALL,
        "vae/diffusion_pytorch_model.safetensors": SMALL,
        "scheduler/scheduler_config.json": {},
        "tokenizer/vocab.json": {},
        "flux1-dev.safetensors": SMALL,
        "transformer/model.onnx": b"\x3a\x00",
        "unet/diffusion_pytorch_model.safetensors": SMALL,
    }
    found = read(tmp_path, files)
    assert found.is_pipeline
    assert [(each.name, each.parameters) for each in found.checkpoints] == [
        ("transformer", 64),
        ("text_encoder", 32),
        ("vae", 32),
    ]


def test_the_two_transformers_of_wan(tmp_path: Path) -> None:
    folders = ("transformer", "transformer_2", "text_encoder", "vae")
    files: dict[str, Any] = {f"{each}/diffusion_pytorch_model.safetensors": SMALL
                             for each in folders}  # fmt: skip
    files["model_index.json"] = index(*folders, boundary_ratio=0.9, transformer_3=[None, None])
    found = read(tmp_path, files | {"transformer_3/diffusion_pytorch_model.safetensors": SMALL})
    assert names(found) == list(folders)


def test_one_form_of_each_component(tmp_path: Path) -> None:
    """safetensors before .bin, as trained before fp16, fp16 where there is nothing else."""
    files = {
        "model_index.json": index("unet", "text_encoder", "safety_checker", "vae"),
        "unet/diffusion_pytorch_model.fp16.safetensors": FP16,
        "unet/diffusion_pytorch_model.safetensors": {"w": ("F32", (8, 4))},
        "unet/diffusion_pytorch_model.bin": [32],
        "unet/diffusion_pytorch_model.non_ema.safetensors": {"w": ("F32", (8, 4))},
        "text_encoder/model.fp16.safetensors": FP16,
        "safety_checker/pytorch_model.bin": [16],
        "vae/diffusion_pytorch_model.bin": [16],
        "vae/diffusion_pytorch_model.fp16.safetensors": FP16,
    }
    found = read(tmp_path, files).checkpoints
    assert [(each.name, each.format, each.label, each.weights_bytes) for each in found] == [
        ("unet", "safetensors", None, 128),
        ("text_encoder", "safetensors", "FP16", 64),
        ("safety_checker", "torch", None, 64),
        ("vae", "safetensors", "FP16", 64),
    ]


def test_components_have_configs_of_their_own(tmp_path: Path) -> None:
    """An nf4 transformer beside a text encoder in bf16."""
    nf4 = {"quantization_config": {"quant_method": "bitsandbytes", "load_in_4bit": True}}
    packed = {"w.weight": ("U8", (64, 1)), "w.weight.absmax": ("F32", (2,)),
              "w.weight.quant_state.bitsandbytes__nf4": ("U8", (90,))}  # fmt: skip
    files = {
        "model_index.json": index("transformer", "text_encoder"),
        "transformer/config.json": nf4,
        "transformer/diffusion_pytorch_model.safetensors": packed,
        "text_encoder/config.json": {"hidden_size": 4},
        "text_encoder/model.safetensors": SMALL,
    }
    found = read(tmp_path, files)
    assert [(each.label, each.parameters) for each in found.checkpoints] == [
        ("bnb-4bit", 128),
        (None, 32),
    ]
    assert found.config("text_encoder") == {"hidden_size": 4}


def test_a_component_without_weights_is_left_out(tmp_path: Path) -> None:
    files = {"model_index.json": index("unet", "vae"), "vae/model.safetensors": SMALL}
    found = read(tmp_path, files)
    assert (found.is_pipeline, names(found)) == (True, ["vae"])


def test_a_component_that_is_malformed_is_told(tmp_path: Path) -> None:
    files = {
        "model_index.json": index("unet", "vae"),
        "unet/diffusion_pytorch_model.safetensors": b"nonsense",
        "vae/diffusion_pytorch_model.safetensors": SMALL,
    }
    found = read(tmp_path, files)
    assert names(found) == ["vae"]
    assert found.warnings == (
        "unet/diffusion_pytorch_model.safetensors: not a safetensors file, or cut off",
    )


def modules(*paths: str) -> list[dict[str, Any]]:
    return [{"idx": n, "name": str(n), "path": path} for n, path in enumerate(paths)]


def test_modules_of_sentence_transformers(tmp_path: Path) -> None:
    files = {
        "modules.json": modules("", "1_Pooling", "2_Dense", "3_Dense", "4_Normalize"),
        "model.safetensors": SMALL,
        "1_Pooling/config.json": {},
        "2_Dense/model.safetensors": SMALL,
        "3_Dense/pytorch_model.bin": [8],
        "onnx/model.onnx": b"\x3a\x00",
    }
    found = read(tmp_path, files)
    assert found.is_pipeline
    assert [(each.name, each.parameters) for each in found.checkpoints] == [
        ("model", 32),
        ("2_Dense", 32),
        ("3_Dense", 8),
    ]


def test_a_transformer_in_a_folder(tmp_path: Path) -> None:
    files = {
        "modules.json": modules("0_Transformer", "1_Pooling"),
        "0_Transformer/model.safetensors": SMALL,
        "0_Transformer/config.json": {"hidden_size": 4},
    }
    assert only(tmp_path, files).parameters == 32


def test_modules_with_one_model_are_no_pipeline(tmp_path: Path) -> None:
    """Its ONNX and GGUF forms are alternatives as anywhere."""
    files = {"modules.json": modules("", "1_Pooling"), "model.safetensors": SMALL}
    found = read(tmp_path, files | {"onnx/model.onnx": b"\x3a\x00", "m-Q8_0.gguf": GGUF})
    assert not found.is_pipeline
    assert [each.format for each in found.checkpoints] == ["safetensors", "gguf", "onnx"]


@pytest.mark.parametrize(
    "content",
    [[], {}, 7, None, {"unet": []}, {"unet": [1, 2]}, {"../unet": CLASS}, {"unet": {"a": 1}}],
)
@pytest.mark.parametrize("name", ["model_index.json", "modules.json"])
def test_an_index_that_says_nothing(tmp_path: Path, name: str, content: Any) -> None:
    assert only(tmp_path, {name: content, "model.safetensors": SMALL}).name == "model"


@pytest.mark.parametrize("path", [7, None, "../..", "/etc", "2_Dense/../..", ["x"]])
def test_modules_that_lie_elsewhere(tmp_path: Path, path: Any) -> None:
    found = [{"path": ""}, {"path": path}, "x", None]
    assert only(tmp_path, {"modules.json": found, "model.safetensors": SMALL}).parameters == 32


def test_an_adapter(tmp_path: Path) -> None:
    """Its config.json, where it has one, is its base's."""
    lora = {"base_model.model.q.lora_A.weight": ("F32", (16, 64)),
            "base_model.model.q.lora_B.weight": ("F32", (64, 16))}  # fmt: skip
    files = {
        "adapter_config.json": {"peft_type": "LORA", "r": 16, "base_model_name_or_path": "a/b"},
        "adapter_model.safetensors": lora,
        "adapter_model.bin": [2048],
        "config.json": {"quantization_config": {"quant_method": "gptq", "bits": 4}},
    }
    found = read(tmp_path, files)
    (adapter,) = found.checkpoints
    assert (adapter.name, adapter.label, adapter.parameters) == ("adapter_model", None, 2048)
    assert found.configs["adapter_config.json"]["r"] == 16


def test_an_adapter_beside_the_model_it_was_merged_into(tmp_path: Path) -> None:
    files = {"adapter_model.safetensors": SMALL, "model.safetensors": SMALL}
    assert names(read(tmp_path, files)) == ["model", "adapter_model"]
