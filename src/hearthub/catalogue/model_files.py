"""What the names of a model's files give away: formats, the library, a chat template, results."""

from collections.abc import Mapping, Sequence
from typing import Any

from hearthub.catalogue.values import suffix

# In the order of the Hub's tags. `.pt`, `.pth` and `.ckpt` are of many makes and give no tag there.
FORMATS = """
pytorch tf jax tflite rust coreml tensorboard onnx openvino joblib nemo safetensors gguf
""".split()
_ENDINGS = {
    ".safetensors": "safetensors",
    ".gguf": "gguf",
    ".onnx": "onnx",
    ".tflite": "tflite",
    ".mlmodel": "coreml",
    ".joblib": "joblib",
    ".nemo": "nemo",
}
_NAMES = (  # how a name begins and ends, with shards (`-00001-of-00002`) between
    ("pytorch_model", ".bin", "pytorch"),
    ("tf_model", ".h5", "tf"),
    ("flax_model", ".msgpack", "jax"),
    ("rust_model", ".ot", "rust"),
    ("openvino_", ".xml", "openvino"),
    ("events.out.tfevents", "", "tensorboard"),
)
_FOLDERS = (".mlpackage/", ".mlmodelc/")  # of Core ML

# A file that gives the library away when the card is silent; the first that is there decides.
_LIBRARY_FILES = {
    "adapter_config.json": "peft",
    "model_index.json": "diffusers",
    "modules.json": "sentence-transformers",
    "config_sentence_transformers.json": "sentence-transformers",
    "open_clip_config.json": "open_clip",
    "config_setfit.json": "setfit",
}
_TEMPLATES = {"chat_template.jinja", "chat_template.json"}


def formats(paths: Sequence[str]) -> list[str]:
    found = {kind for path in paths if (kind := _format(path))}
    return [kind for kind in FORMATS if kind in found]


def library(
    paths: Sequence[str], config: Mapping[str, Any], has_format: Sequence[str]
) -> str | None:
    """The library that the files are for, None when they do not say."""
    names = set(paths)
    for file, found in _LIBRARY_FILES.items():
        if file in names:
            return found
    if "config.json" not in names:
        return "gguf" if list(has_format) == ["gguf"] else None
    if "quantization" in config:
        return "mlx"
    if "pretrained_cfg" in config:
        return "timm"
    if "input_features" in config and "output_features" in config:
        return "lerobot"
    return "transformers"


def has_chat_template(paths: Sequence[str]) -> bool:
    return not _TEMPLATES.isdisjoint(paths)


def has_eval_results(paths: Sequence[str]) -> bool:
    """Results as files: `.eval_results/NAME.yaml`."""
    return any(
        path.startswith(".eval_results/") and path.endswith((".yaml", ".yml")) for path in paths
    )


def _format(path: str) -> str | None:
    name = path.rpartition("/")[2]
    if found := _ENDINGS.get(suffix(name)):
        return found
    for start, end, found in _NAMES:
        if name.startswith(start) and name.endswith(end):
            return found
    return "coreml" if any(folder in path for folder in _FOLDERS) else None
