"""What the readers of weights give: tensors by name, files, and the checkpoints they make up."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Skipped:
    """What stands in a file's metadata for a list or text too long to keep: its length."""

    length: int

    def __len__(self) -> int:
        return self.length


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor as its file has it."""

    name: str
    dtype: str
    """As the format spells it: BF16, F8_E4M3, Q4_K; `unknown type 77` for what is newer."""
    shape: tuple[int, ...]
    """Row-major, the outermost first (the dimensions of GGUF are turned round)."""
    size: int
    """Bytes in the file."""
    parameters: int
    """What it stands for in the model: packed weights unpacked, scales and zero points 0."""

    def __reduce__(self) -> tuple[object, ...]:
        """Pickled by its fields: workers hand over tens of thousands, three times as fast so."""
        return Tensor, (self.name, self.dtype, self.shape, self.size, self.parameters)


@dataclass(frozen=True)
class WeightFile:
    """The header of one file of weights, read and checked; never its weights."""

    path: str
    format: str
    """safetensors, gguf, torch, onnx."""
    size: int
    """Bytes of the whole file."""
    tensors: tuple[Tensor, ...]
    """Empty where a format tells sizes only, and in a split that holds keys alone."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """GGUF keys and values (a list is a tuple, a long one Skipped), `__metadata__` of
    safetensors."""
    imports: tuple[str, ...] = ()
    """What unpickling it would import, such as `collections.OrderedDict`; torch only."""
    warnings: tuple[str, ...] = ()
    is_listed: bool = True
    """False where only the size of the file is known, not its tensors."""


@dataclass(frozen=True)
class Checkpoint:
    """Files that are loaded together: the shards of one model in one format and quantisation."""

    name: str
    """The path without its shard number, or the folder of a component."""
    format: str
    label: str | None
    """The quantisation as people call it: Q4_K_M, FP8, 4bit; None for weights as trained."""
    files: tuple[WeightFile, ...]
    sidecars: tuple[WeightFile, ...] = ()
    """Loaded beside it: mmproj, a draft of the next tokens (mtp)."""

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        return tuple(tensor for file in self.files for tensor in file.tensors)

    @property
    def weights_bytes(self) -> int:
        """Bytes of the tensors, or of the files whose tensors are not known."""
        return sum(sum(t.size for t in f.tensors) if f.is_listed else f.size for f in self.files)

    @property
    def parameters(self) -> int:
        return sum(tensor.parameters for tensor in self.tensors)
