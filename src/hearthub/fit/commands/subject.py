"""What a command is written for, and what it is: plain values, whoever read or guessed them."""

from dataclasses import dataclass
from typing import Literal

Format = Literal["safetensors", "torch", "gguf", "mlx", "diffusers", "adapter", "onnx"]
Vendor = Literal["nvidia", "amd", "intel", "apple", "cpu", "other"]
"""`other` is what no engine here runs on: TPUs, and accelerators with software of their own."""
Training = Literal["full", "lora", "qlora"]


@dataclass(frozen=True)
class Subject:
    """One checkpoint of a repo. Every text in it was written by a stranger."""

    repo: str
    """`namespace/name`, or the path of a local folder (of a GGUF file: of the file's folder)."""
    format: Format
    """What has to be loaded; `mlx` for safetensors whose config has MLX's `quantization`."""
    is_local: bool = False
    endpoint: str | None = None
    """The address of the hub that has the repo; None for the one that clients ask by default."""
    file: str | None = None
    """Of GGUF: its path in the repo, of a split one the first."""
    label: str | None = None
    """The quantisation as people call it: Q4_K_M, FP8, NVFP4."""
    quantization: str | None = None
    """`quant_method` of config.json: awq, gptq, fp8, compressed-tensors, modelopt, bitsandbytes."""
    dtype: str | None = None
    """Most of the weights, as safetensors spells it: BF16, F16."""
    architecture: str | None = None
    """`architectures[0]`; of GGUF `general.architecture`; of diffusers `_class_name`."""
    family: str | None = None
    """`model_type`."""
    task: str | None = None
    """The Hub's name: text-generation, image-text-to-text, feature-extraction."""
    tags: tuple[str, ...] = ()
    context_max: int | None = None
    is_moe: bool = False
    is_mla: bool = False
    has_auto_map: bool = False
    """The config names Python code of the repo's own."""
    projector: str | None = None
    """The mmproj file beside a GGUF."""
    base: str | None = None
    """The repo that an adapter was trained on, or that has the rest of a single file's pipeline."""
    adapter_rank: int | None = None
    weights_bytes: int | None = None
    largest_part_bytes: int | None = None
    """Of diffusers: the largest component."""


@dataclass(frozen=True)
class Setting:
    """Hardware and wishes. No vendor: no hardware was named, so nothing is refused for it."""

    vendor: Vendor | None = None
    compute_capability: float | None = None
    """Of NVIDIA cards: 8.9 for Ada, 12.0 for the GeForce 50 series."""
    gpus: int = 1
    gpu_bytes: int | None = None
    """Memory of one GPU."""
    context: int = 8192
    """Tokens of one sequence."""
    parallel: int = 1
    """Sequences at a time."""
    cache_type: str = "f16"
    """f16, q8_0, q4_0 or fp8."""
    gpu_layers: int | None = None
    """Layers kept on the GPU by llama.cpp; None lets it find out."""
    cpu_expert_layers: int | None = None
    """Layers whose experts stay in RAM."""
    memory_fraction: float | None = None
    """Of each GPU that a server may use, from 0 to 1; None for the server's default."""
    train: Training | None = None


@dataclass(frozen=True)
class Command:
    """What to type (`shell`) or to run (`python`); safe to paste, whatever the names are."""

    text: str
    language: Literal["shell", "python"] = "shell"
    warnings: tuple[str, ...] = ()
