"""Offloading, splits, training and pipelines: what lies where, and what the sums are."""

import pytest

from fit.architecture import facts
from hearthub.errors import BadRequest
from hearthub.fit.caches import Use, cache_bytes
from hearthub.fit.configs import architecture_of
from hearthub.fit.counts import counts_of
from hearthub.fit.memory_diffusion import Component, largest_block, pipeline
from hearthub.fit.memory_splits import (
    expert_layers_to_offload,
    offload,
    portions_of,
    portions_of_tensors,
    split_by_layers,
)
from hearthub.fit.memory_training import Training, trainable, training
from hearthub.fit.weights import Tensor

GB, GIB = 10**9, 2**30
LLAMA_8B = architecture_of(facts.LLAMA_8B)
QWEN3_30B = architecture_of(facts.QWEN3_30B_A3B)
USE = Use(context=4096, engine="llama.cpp")


def tensor(name: str, size: int) -> Tensor:
    return Tensor(name=name, dtype="F16", shape=(size // 2,), size=size, parameters=size // 2)


def test_portions_by_the_names_of_tensors() -> None:
    found = portions_of_tensors(
        [
            tensor("token_embd.weight", 10),
            tensor("output.weight", 20),
            tensor("blk.0.attn_q.weight", 2),
            tensor("blk.0.ffn_up_exps.weight", 100),
            tensor("blk.1.attn_q.weight", 4),
            tensor("model.layers.2.mlp.experts.7.up_proj.weight", 8),
        ]
    )
    assert (found.input, found.head) == (10, 20)
    assert found.layers == (2, 4, 0)
    assert found.experts == (100, 0, 8)


def test_portions_by_parameters_are_the_whole() -> None:
    size = 2 * counts_of(QWEN3_30B).total
    found = portions_of(QWEN3_30B, size)
    assert found.total == pytest.approx(size, abs=200)
    assert sum(found.experts) == pytest.approx(2 * counts_of(QWEN3_30B).routed, abs=200)


def test_experts_in_ram_leave_the_rest_on_the_gpu() -> None:
    portions = portions_of(QWEN3_30B, 2 * counts_of(QWEN3_30B).total)
    none = offload(QWEN3_30B, portions, USE)
    half = offload(QWEN3_30B, portions, USE, cpu_expert_layers=24)
    every = offload(QWEN3_30B, portions, USE, cpu_expert_layers=48)
    moved = none.gpu.weights_bytes - half.gpu.weights_bytes
    assert moved == sum(portions.experts[:24])
    assert half.ram.weights_bytes - none.ram.weights_bytes == moved
    assert every.gpu.weights_bytes == portions.head + sum(portions.layers)
    for placed in (none, half, every):
        assert placed.gpu.weights_bytes + placed.ram.weights_bytes == portions.total
        assert placed.gpu.cache_bytes == cache_bytes(QWEN3_30B, USE)


def test_a_tied_table_is_in_both() -> None:
    portions = portions_of(LLAMA_8B, 16 * GB)
    placed = offload(LLAMA_8B, portions, USE, tied=True)
    assert placed.gpu.weights_bytes + placed.ram.weights_bytes == portions.total + portions.input


def test_tables_of_each_layer_stay_in_ram() -> None:
    """Of Gemma 4 E2B's 4.6 B parameters 2.35 B are such tables; only the first one is the head."""
    shape = architecture_of(facts.GEMMA4_E2B)
    portions = portions_of(shape, 2 * counts_of(shape).total)
    placed = offload(shape, portions, USE)
    assert portions.by_layer == pytest.approx(2 * 2.35e9, rel=0.01)
    assert placed.gpu.weights_bytes == portions.total - portions.by_layer
    assert placed.ram.weights_bytes == portions.input + portions.by_layer
    named = [tensor("token_embd.weight", 4), tensor("per_layer_token_embd.weight", 6)]
    assert portions_of_tensors(named).by_layer == 6
    assert portions_of_tensors(named).input == 4


def test_some_layers_on_the_gpu() -> None:
    portions = portions_of(LLAMA_8B, 16 * GB)
    placed = offload(LLAMA_8B, portions, USE, gpu_layers=8)
    assert placed.gpu.weights_bytes == sum(portions.layers[24:])
    assert placed.gpu.cache_bytes * 3 == placed.ram.cache_bytes


def test_the_fewest_layers_that_must_move() -> None:
    portions = portions_of(QWEN3_30B, 2 * counts_of(QWEN3_30B).total)
    count = expert_layers_to_offload(QWEN3_30B, portions, USE, 24 * GIB)
    assert count is not None
    assert 0 < count < 48
    fits = offload(QWEN3_30B, portions, USE, cpu_expert_layers=count)
    tight = offload(QWEN3_30B, portions, USE, cpu_expert_layers=count - 1)
    assert fits.gpu.total_bytes <= 24 * GIB < tight.gpu.total_bytes
    assert expert_layers_to_offload(QWEN3_30B, portions, USE, GIB) is None


def test_layers_over_gpus_add_up() -> None:
    portions = portions_of(LLAMA_8B, 16 * GB)
    parts = split_by_layers(LLAMA_8B, portions, USE, 3)
    assert sum(part.weights_bytes for part in parts) == portions.total - portions.input
    others = split_by_layers(LLAMA_8B, portions, Use(context=4096), 3)
    assert sum(part.weights_bytes for part in others) == portions.total
    assert sum(part.cache_bytes for part in parts) == cache_bytes(LLAMA_8B, USE)


@pytest.mark.parametrize("gpus", [0, -1, 33])
def test_no_more_gpus_than_layers(gpus: int) -> None:
    with pytest.raises(BadRequest):
        split_by_layers(LLAMA_8B, portions_of(LLAMA_8B, 1), USE, gpus)


def test_what_lora_trains() -> None:
    """As PEFT says for Llama-3.1-8B at rank 16."""
    assert trainable(LLAMA_8B, 16, {"q", "v"}) == 6_815_744
    assert trainable(LLAMA_8B, 16, Training("lora").targets) == 41_943_040


def test_full_training_is_16_bytes_a_parameter() -> None:
    total = counts_of(LLAMA_8B).total
    assert training(LLAMA_8B, Training("full")).weights_bytes == 16 * total
    assert training(LLAMA_8B, Training("full", bf16=True)).weights_bytes == 8 * total


def test_the_qlora_paper() -> None:
    """65B (h 8192, 80 layers): under 48 GB with QLoRA, over 780 GB in full."""
    shape = architecture_of(facts.config("llama", 8192, 80, 64, 64, 22016, 32000))
    qlora = training(shape, Training("qlora", sequence=512, rank=16))
    assert 33.5 * GB < qlora.total_bytes < 48 * GB
    assert training(shape, Training("full", sequence=512)).total_bytes > 780 * GB


def test_lora_keeps_the_base_at_16_bits() -> None:
    base = 2 * counts_of(LLAMA_8B).total
    assert training(LLAMA_8B, Training("lora")).weights_bytes == base + 16 * 41_943_040


def test_checkpointing_saves_activations() -> None:
    with_it = training(LLAMA_8B, Training("lora")).compute_bytes
    assert training(LLAMA_8B, Training("lora", checkpointing=False)).compute_bytes > 3 * with_it


@pytest.mark.parametrize(
    "wrong", [{"rank": 0}, {"sequence": 2**40}, {"targets": {"head"}}, {"method": "half"}]
)
def test_plans_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(BadRequest):
        Training(**{"method": "lora"} | wrong)  # type: ignore[arg-type]


FLUX = (
    Component("transformer", 23_800_000_000, 300_000_000),
    Component("text_encoder_2", 9_500_000_000, 400_000_000),
    Component("vae", 168_000_000),
)


def test_a_pipeline_in_three_ways() -> None:
    assert pipeline(FLUX).weights_bytes == 33_468_000_000
    assert pipeline(FLUX, "model_offload").weights_bytes == 23_800_000_000
    assert pipeline(FLUX, "group_offload").weights_bytes == 400_000_000
    assert "transformer" in pipeline(FLUX, "model_offload").formulas["weights"]


def test_two_components_of_one_name_both_count() -> None:
    """Wan 2.2 has two transformers; a caller may call both so."""
    twice = [Component("transformer", 5), Component("transformer", 7)]
    assert pipeline(twice).weights_bytes == 12


def test_the_largest_block() -> None:
    names = ("transformer_blocks.0.a", "transformer_blocks.0.b", "transformer_blocks.1.a", "norm")
    assert largest_block(tensor(name, 4) for name in names) == 8
