"""What the path of a file of weights tells: its format, which part of what it is, its label."""

import re
from dataclasses import dataclass

_FORMATS = {
    ".gguf": "gguf",
    ".safetensors": "safetensors",
    ".onnx": "onnx",
    ".bin": "torch",
    ".pt": "torch",
    ".pth": "torch",
    ".ckpt": "torch",
}
# Written by trainers beside the weights, and the matrices that quantisers start from.
_NO_WEIGHTS = re.compile(
    r"(?:optimizer|scheduler|scaler|training_args|rng_state|random_states|trainer_state"
    r"|zero_pp_rank|mp_rank|events\.out|.*imatrix)",
    re.IGNORECASE,
)
_SAVED_STATE = re.compile(r"(?:^|/)(?:checkpoint-\d+|runs|global_step\d+)/")
_NUMBERED = re.compile(r"-(\d{1,6})-of-(\d{1,6})(?=\.|$)")
_META = re.compile(r"(?<=^consolidated)[.-](\d{2})(?=\.)")
_VARIANT = re.compile(r"(?i)[._](fp16|bf16|fp32|fp8|fp8_e4m3fn|fp8_e5m2|non_ema|ema)$")
# A model that holds its MTP layers says so in the middle of its name.
_SIDECAR = re.compile(r"(?i)(?:.*[-_.])?(mmproj)[-_.]|(mtp)[-_.]")

_QUANT = re.compile(
    r"(?<![A-Z0-9])(?:UD-)?(?:I?Q\d_[0-9A-Z]{1,4}(?:_[0-9A-Z]{1,4}){0,2}|TQ\d_\d"
    r"|MXFP4(?:_MOE)?|NVFP4|B?F16|F32)(?![A-Z0-9])"
)


@dataclass(frozen=True, slots=True)
class Parts:
    """`whole` is the path without its number; `count` 0 where the name does not tell it."""

    whole: str
    number: int = 1
    count: int = 1

    @property
    def is_one_of_several(self) -> bool:
        return self.count != 1


def parts_of(path: str) -> Parts:
    """Such as `model-00002-of-00007.safetensors` and Meta's `consolidated.02.pth`."""
    folder, slash, name = path.rpartition("/")
    if found := _NUMBERED.search(name):
        name = name[: found.start()] + name[found.end() :]
        return Parts(folder + slash + name, int(found[1]), int(found[2]))
    if found := _META.search(name):
        return Parts(folder + slash + _META.sub("", name), int(found[1]), 0)
    return Parts(path)


def format_of(path: str) -> str | None:
    """safetensors, gguf, onnx, torch; None for what holds no weights."""
    name = path.rpartition("/")[2]
    if _NO_WEIGHTS.match(name) or _SAVED_STATE.search(path):
        return None
    return _FORMATS.get("." + name.rpartition(".")[2].lower())


def stem_of(path: str) -> tuple[str, str | None]:
    """The name of a whole without folder and ending, and its variant such as `fp16`."""
    stem = path.rpartition("/")[2].rpartition(".")[0]
    found = _VARIANT.search(stem)
    return (stem[: found.start()], found[1].lower()) if found else (stem, None)


def sidecar_of(path: str) -> str | None:
    """`mmproj` or `mtp` for what is loaded beside a GGUF model, never alone."""
    found = _SIDECAR.match(path.rpartition("/")[2])
    return found[found.lastindex or 0].lower() if found and path[-5:].lower() == ".gguf" else None


def label_of(path: str) -> str | None:
    """The quantisation of a GGUF file: the last label of its name, or of its folder's."""
    folder, _, name = path.rpartition("/")
    for text in (name, folder):
        if labels := _QUANT.findall(text[-1024:].upper()):
            return str(labels[-1])
    return None
