"""What has to lie in memory to run or train one checkpoint, and how much of it is read for a token.

A workload knows its bytes; where they are put (one GPU, several, RAM beside) is asked of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from hearthub.errors import BadRequest
from hearthub.fit import caches, memory_splits, mixes
from hearthub.fit import memory as memories
from hearthub.fit.architecture import Architecture
from hearthub.fit.caches import Use
from hearthub.fit.memory import Memory
from hearthub.fit.memory_diffusion import Component, Placing, largest_block, pipeline
from hearthub.fit.memory_splits import Placement, Portions
from hearthub.fit.memory_training import Method, Training, training
from hearthub.fit.weights import Checkpoint

_LLAMA_CPP = "llama.cpp"
_FILE_TYPES = ("Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "IQ4_XS", "Q3_K_M", "Q2_K", "IQ2_XXS")
"""What people quantise to, the largest first."""


@dataclass(frozen=True)
class Workload:
    """One checkpoint with what is loaded beside it, in bytes."""

    architecture: Architecture | None
    """None where nothing tells the shape: then only its weights are known."""
    weights_bytes: int
    sidecar_bytes: int = 0
    """mmproj and drafts, or an adapter on its base."""
    checkpoint: Checkpoint | None = None
    components: tuple[Component, ...] = ()
    """Of a pipeline."""

    @classmethod
    def of(
        cls, parts: Sequence[Checkpoint], architecture: Architecture | None, *, is_pipeline: bool
    ) -> "Workload":
        if is_pipeline:
            components = tuple(
                Component(part.name, part.weights_bytes, largest_block(part.tensors))
                for part in parts
            )
            size = sum(component.weights_bytes for component in components)
            return cls(None, size, components=components)
        if not parts:  # a config alone: as it would be at 16 bits
            size = memories.weights_of(architecture, "bf16")[0] if architecture else 0
            return cls(architecture, size)
        checkpoint = parts[0]
        beside = sum(file.size for file in checkpoint.sidecars)
        return cls(architecture, checkpoint.weights_bytes, beside, checkpoint)

    def with_adapter(self, adapter_bytes: int) -> "Workload":
        return replace(self, sidecar_bytes=self.sidecar_bytes + adapter_bytes)

    @cached_property
    def portions(self) -> Portions | None:
        """By the header's names, else by the shape; None where neither is known."""
        if self.architecture is None:
            return None
        if self.checkpoint and self.checkpoint.tensors:
            found = memory_splits.portions_of_tensors(self.checkpoint.tensors)
            if len(found.layers) >= len(self.architecture.layers) > 0:
                return found
        return memory_splits.portions_of(self.architecture, self.weights_bytes)

    @cached_property
    def as_gguf(self) -> tuple[tuple[str, int], ...]:
        """Bytes of its tensors by file type, the largest first; empty for what is no text model."""
        shape, found = self.architecture, []
        if shape is None or not shape.is_decoder or not shape.layers:
            return ()
        for name in _FILE_TYPES:
            try:
                found.append((name, mixes.size_of(shape, name).bytes))
            except BadRequest:  # rows that its blocks do not divide
                continue
        return tuple(found)

    @property
    def is_tied(self) -> bool:
        return self.architecture is not None and self.architecture.head_parameters == 0

    @property
    def is_wide(self) -> bool:
        """Most bytes are of 32-bit floats."""
        tensors = self.checkpoint.tensors if self.checkpoint else ()
        return 2 * sum(each.size for each in tensors if each.dtype == "F32") > self.weights_bytes

    @property
    def is_mixture(self) -> bool:
        layers = self.architecture.layers if self.architecture else ()
        return any(layer.feed_forward.experts for layer in layers)

    def whole(self, use: Use, gpus: int = 1) -> Memory:
        """All of it in one place: one GPU, or RAM where `gpus` is 0."""
        if self.components:
            return self.pipeline("all")
        if self.architecture is None:
            weights = (self.weights_bytes + self.sidecar_bytes, "bytes of the files")
            overhead = memories.overhead(gpus, use.engine)
            return memories.memory(0, weights=weights, overhead=overhead)
        use = self._typed(use)
        return memories.inference(
            self.architecture, self.weights_bytes, use, gpus=gpus, sidecar_bytes=self.sidecar_bytes
        )

    def on_gpus(self, use: Use, gpus: int) -> Memory:
        """What the fullest of `gpus` equal GPUs holds."""
        if self.architecture is None or self.portions is None or self.components:
            return _share(self.whole(use), gpus)
        use = self._typed(use)
        if use.engine == _LLAMA_CPP and gpus == 1:
            return self.offloaded(use).gpu
        if gpus == 1:
            return self.whole(use)
        if use.engine == "vllm":
            weights = self.weights_bytes + self.sidecar_bytes
            return memory_splits.split_by_tensors(self.architecture, weights, use, gpus)
        split = memory_splits.split_by_layers(self.architecture, self.portions, use, gpus)
        return _with(max(split, key=lambda each: each.total_bytes), self.sidecar_bytes)

    def offloaded(
        self, use: Use, *, cpu_expert_layers: int = 0, gpu_layers: int | None = None
    ) -> Placement:
        """One GPU with RAM beside it, as llama.cpp does it; a shape must be known."""
        assert self.architecture is not None  # noqa: S101
        assert self.portions is not None  # noqa: S101
        placed = memory_splits.offload(
            self.architecture,
            self.portions,
            use,
            cpu_expert_layers=cpu_expert_layers,
            gpu_layers=gpu_layers,
            tied=self.is_tied,
        )
        return Placement(_with(placed.gpu, self.sidecar_bytes), placed.ram)

    def pipeline(self, placing: Placing) -> Memory:
        return pipeline(self.components, placing)

    def trained(self, method: Method, context: int, gpus: int = 1) -> Memory:
        """What each of `gpus` holds, with AdamW on one example of `context` tokens at a time.

        Full training and LoRA are sharded (ZeRO-3); packed weights are on every GPU.
        """
        if self.architecture is None:
            found = self._states(method)
        else:
            found = training(self.architecture, Training(method, sequence=context))
        return found if method == "qlora" else _share(found, gpus)

    def _states(self, method: Method) -> Memory:
        """Of an unknown shape: without activations and what LoRA adds."""
        count = (self.checkpoint.parameters if self.checkpoint else 0) or self.weights_bytes // 2
        bits = {"full": 128, "lora": 16, "qlora": memories.BITS["nf4"]}[method]
        weights = (round(count * bits / 8), f"at least {bits:g} bits x {count} parameters")
        return memories.memory(0, weights=weights, overhead=memories.overhead(1))

    def bytes_per_token(self, use: Use) -> int:
        """Read to generate one token: the weights at work, and the cache of one sequence."""
        if self.architecture is None or self.portions is None:
            return self.weights_bytes
        use = self._typed(use)
        blocks = [layer.feed_forward for layer in self.architecture.layers]
        experts = sum(block.experts for block in blocks)
        share = sum(block.active_experts for block in blocks) / experts if experts else 1.0
        read = self.portions.head + sum(self.portions.layers)
        read += round(sum(self.portions.experts) * share)
        read += self.portions.input if self.is_tied else 0
        return read + caches.cache_bytes(self.architecture, replace(use, sequences=1))

    def _typed(self, use: Use) -> Use:
        """transformers computes and caches in the type of the weights."""
        wide = use.engine == "transformers" and self.is_wide
        return replace(use, cache_type="f32") if wide else use


def _with(memory: Memory, sidecar_bytes: int) -> Memory:
    if not sidecar_bytes:
        return memory
    formulas = {**memory.formulas}
    formulas["weights"] += f" + {sidecar_bytes} of sidecars"
    return replace(
        memory,
        weights_bytes=memory.weights_bytes + sidecar_bytes,
        total_bytes=memory.total_bytes + sidecar_bytes,
        formulas=formulas,
    )


def _share(memory: Memory, gpus: int) -> Memory:
    """Of weights alone: nothing tells how a model of unknown shape is split."""
    if gpus == 1:
        return memory
    weights = -(-memory.weights_bytes // gpus)
    return replace(
        memory,
        weights_bytes=weights,
        total_bytes=memory.total_bytes - memory.weights_bytes + weights,
        formulas={**memory.formulas, "weights": f"{memory.formulas['weights']} / {gpus}"},
    )
