"""How many parameters packed tensors stand for: quantised weights unpacked, their scales nothing.

The layouts are those of the loaders of each method (GPTQ and AWQ, compressed-tensors, bitsandbytes,
ModelOpt, gpt-oss, MLX, BitNet). Bits come from the shapes of siblings where they tell them, which
no config contradicts, else from the config. Siblings may lie in other shards.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from hearthub.fit.weights import Tensor

_BITS = frozenset(range(1, 9))
_SCALE_DTYPES = {"F8_E4M3", "F8_E8M0", "U8"}

# What stands beside a quantised weight, by the last part of its name.
_BESIDE = frozenset(
    """
    qzeros g_idx SCB weight_format absmax quant_map nested_absmax nested_quant_map weight_shape
    weight_scale weight_scales weight_scale_inv weight_scale_2 weight_global_scale weight_g_idx
    weight_zero_point input_scale input_global_scale input_zero_point output_scale
    k_scale v_scale q_scale
    """.split()
)
_SCALE_ENDINGS = ("_scale", "_scales", "_scale_inv")

Config = Mapping[str, Any]


def unpacked(tensors: Iterable[Tensor], config: Config) -> dict[str, int]:
    """Parameters by name of those tensors that stand for another number than their shape says.

    `config` is what config.json holds, or nothing.
    """
    by_name = {tensor.name: tensor for tensor in tensors}
    rules = _Rules(by_name, config)
    return {
        name: count
        for name, tensor in by_name.items()
        if (count := rules.parameters(tensor)) != tensor.parameters
    }


def with_unpacked(tensors: Iterable[Tensor], counts: Mapping[str, int]) -> tuple[Tensor, ...]:
    return tuple(
        replace(tensor, parameters=counts[tensor.name]) if tensor.name in counts else tensor
        for tensor in tensors
    )


class _Rules:
    def __init__(self, tensors: Mapping[str, Tensor], config: Config) -> None:
        self.tensors = tensors
        self.mlx = _mapping(config, "quantization")
        self.quantization = quantization_of(config)
        self.four_bit = {  # `weight.quant_state.bitsandbytes__nf4` makes `weight` one
            name.partition(".quant_state.")[0] for name in tensors if ".quant_state." in name
        }

    def parameters(self, tensor: Tensor) -> int:
        base, dot, last = tensor.name.rpartition(".")
        if self._is_beside(tensor.name, base + dot, last):
            return 0
        if last == "qweight" and tensor.dtype == "I32":
            return tensor.parameters * 32 // self._gptq_bits(base)
        if last == "weight_packed":
            whole = 32 if tensor.dtype == "I32" else 8
            return tensor.parameters * whole // self._bits(4)
        if tensor.dtype == "U32" and f"{base}.scales" in self.tensors:
            return tensor.parameters * 32 // self._mlx_bits(base, tensor)
        if tensor.dtype == "U8":
            return tensor.parameters * self._in_a_byte(tensor)
        return tensor.parameters

    def _is_beside(self, name: str, base: str, last: str) -> bool:
        if last in _BESIDE or ".quant_state." in name:
            return True
        if last in ("scales", "biases"):
            weight = self.tensors.get(f"{base}weight")
            return f"{base}qweight" in self.tensors or (
                weight is not None and weight.dtype in ("U32", "I8", "U8")
            )
        for ending in _SCALE_ENDINGS:
            if name.endswith(ending):
                start = name.removesuffix(ending)
                return start in self.tensors or f"{start}_blocks" in self.tensors
        return False

    def _gptq_bits(self, base: str) -> int:
        """qzeros are packed along the outputs, of which scales have one each: that tells bits."""
        zeros, scales = self.tensors.get(f"{base}.qzeros"), self.tensors.get(f"{base}.scales")
        if zeros and scales and scales.parameters:
            bits = 32 * zeros.parameters // scales.parameters
            if bits in _BITS:
                return bits
        return self._bits(4)

    def _mlx_bits(self, base: str, tensor: Tensor) -> int:
        """A row of scales has one for each group of weights."""
        own = _mapping(self.mlx, base)
        scales = self.tensors[f"{base}.scales"]
        usual = 32 if scales.dtype == "U8" else 64
        group = own.get("group_size", self.mlx.get("group_size", usual))
        if type(group) is int and scales.parameters and 0 < group <= 1024:
            bits = 32 * tensor.parameters // (scales.parameters * group)
            if bits in _BITS:
                return bits
        found = own.get("bits", self.mlx.get("bits"))
        return found if type(found) is int and found in _BITS else 4

    def _in_a_byte(self, tensor: Tensor) -> int:
        """Weights in each byte: 2 where four bits are packed, 4 in BitNet, else 1."""
        blocks = tensor.name.removesuffix("_blocks")
        if tensor.name in self.four_bit or (
            blocks != tensor.name and f"{blocks}_scales" in self.tensors
        ):
            return 2
        scale = self.tensors.get(f"{tensor.name}_scale")
        if scale is None:
            return 1
        if self.quantization.get("quant_method") == "bitnet":
            return 4
        if scale.dtype in _SCALE_DTYPES and tensor.shape and scale.shape and scale.shape[-1]:
            return 2 if 2 * tensor.shape[-1] // scale.shape[-1] in (16, 32) else 1
        return 1

    def _bits(self, default: int) -> int:
        found = bits_of(self.quantization)
        return found if found in _BITS else default


def quantization_of(config: Config) -> Config:
    """`quantization_config`, also where a model of several towers keeps it with its text."""
    text = _mapping(config, "text_config")
    return (
        _mapping(config, "quantization_config")
        or _mapping(config, "compression_config")
        or _mapping(text, "quantization_config")
    )


def bits_of(quantization: Config) -> int:
    """Of a weight as `quantization_config` tells it; 0 where it does not."""
    found: object = quantization.get("bits", quantization.get("w_bit"))
    groups = _mapping(quantization, "config_groups")
    for group in groups.values():
        if isinstance(group, dict):
            found = _mapping(group, "weights").get("num_bits", found)
            break
    return found if type(found) is int and 0 < found <= 16 else 0


def _mapping(config: Config, key: str) -> Config:
    found = config.get(key)
    return found if isinstance(found, dict) else {}
