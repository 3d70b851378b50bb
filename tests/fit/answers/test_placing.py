"""Where a model fits: its parts counted, verdicts that agree with them, and how figures move."""

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fit.answers.models import (
    SMALL,
    llama_tensors,
    model_of,
    shown,
    write_llama,
    write_llama_gguf,
    write_mixture,
    write_texts,
)
from fit.architecture import facts, more_facts
from fit.weight_files import write_safetensors
from hearthub.errors import BadRequest
from hearthub.fit.checkpoints import Contents
from hearthub.fit.hardware import Hardware, custom_hardware, find_hardware
from hearthub.fit.model import Model
from hearthub.fit.placing import Placed
from hearthub.fit.report import report
from hearthub.fit.wanted import Wanted

GIB = 2**30
MIB = 2**20
CARD = find_hardware("rtx 4090")


def card(vram: float, ram: float | None = None) -> Hardware:
    return custom_hardware(vram_gib=vram, ram_gib=ram)


def placed(path: Path, hardware: Hardware, **wanted: Any) -> Placed:
    (found,) = shown(path, hardware=(hardware,), **wanted).placed
    return found


def test_each_part_is_counted(tmp_path: Path) -> None:
    memory = placed(write_llama(tmp_path), CARD, engine="transformers").memory
    assert memory.weights_bytes == sum(2 * math.prod(s) for _, s in llama_tensors().values())
    # 8 layers, keys and values of 2 heads of 128 elements, 2 bytes each
    assert memory.cache_bytes == 8192 * 8 * 2 * 2 * 128 * 2
    assert memory.overhead_bytes == GIB // 2
    assert memory.total_bytes == (
        memory.weights_bytes + memory.cache_bytes + memory.compute_bytes + memory.overhead_bytes
    )
    assert set(memory.formulas) == {"weights", "cache", "compute", "overhead"}


def test_a_cache_of_fewer_bits_and_more_sequences(tmp_path: Path) -> None:
    folder = write_llama(tmp_path)
    whole = placed(folder, CARD, engine="vllm").memory.cache_bytes
    four = placed(folder, CARD, engine="vllm", parallel=4, cache_type="q8_0").memory
    assert four.cache_bytes == whole * 4 // 2  # its nearest type is fp8
    same = placed(folder, CARD, engine="transformers", parallel=4, cache_type="q8_0").memory
    assert same.cache_bytes == whole * 4  # its command quantises no cache


def test_what_lies_beside_a_gguf_is_counted(tmp_path: Path) -> None:
    alone = placed(write_llama_gguf(tmp_path / "m-Q4_K_M.gguf").parent, CARD)
    beside = write_llama_gguf(tmp_path / "mmproj-m-F16.gguf", general__architecture="clip")
    both = placed(tmp_path, CARD)
    assert both.memory.total_bytes == alone.memory.total_bytes + beside.stat().st_size
    assert "sidecars" in both.memory.formulas["weights"]


def test_experts_go_to_ram_where_there_is_some(tmp_path: Path) -> None:
    path = write_mixture(tmp_path / "moe-Q4_K_M.gguf")
    without = placed(path, card(3))
    assert (without.verdict.verdict, without.ram, without.speed) == ("no", None, None)
    found = placed(path, card(3, ram=32))
    assert found.verdict.verdict == "fits"
    assert found.ram is not None
    assert found.cpu_expert_layers
    assert "experts" in found.verdict.reason
    assert found.memory.total_bytes <= 0.9 * 3 * GIB
    # All weights are somewhere, the input table in RAM.
    assert found.memory.weights_bytes + found.ram.weights_bytes == pytest.approx(
        without.memory.weights_bytes + 151936 * 2048 * 4.5 / 8, rel=1e-6
    )
    text = shown(path, hardware=(card(3, ram=32),)).commands["llama.cpp"].text
    assert f"--n-cpu-moe {found.cpu_expert_layers}" in text
    assert placed(path, card(3, ram=1)).verdict.verdict == "no"


def test_two_gpus_have_what_one_has(tmp_path: Path) -> None:
    """One GPU with RAM beside it fits: so do two of them."""
    path = write_mixture(tmp_path / "moe-Q4_K_M.gguf")
    assert placed(path, card(3, ram=32), gpus=2).verdict.verdict == "fits"


def test_layers_go_to_ram_where_there_are_no_experts(tmp_path: Path) -> None:
    found = placed(write_llama_gguf(tmp_path / "m-Q4_K_M.gguf"), card(0.75, ram=8))
    assert found.verdict.verdict == "fits"
    assert found.gpu_layers is not None
    assert 0 <= found.gpu_layers < 8


def test_gpus_share_by_tensors_or_by_layers(tmp_path: Path) -> None:
    folder = write_llama(tmp_path)
    one = placed(folder, CARD, engine="vllm").memory
    two = placed(folder, CARD, engine="vllm", gpus=2).memory
    eight = placed(folder, CARD, engine="vllm", gpus=8).memory
    assert two.weights_bytes == -(-one.weights_bytes // 2)
    assert eight.cache_bytes == one.cache_bytes // 2, "two key-value heads are shared once"
    by_layers = placed(folder, CARD, engine="transformers", gpus=2).memory
    assert one.weights_bytes / 2 <= by_layers.weights_bytes < 0.6 * one.weights_bytes


def test_a_pipeline_is_offloaded_before_it_is_refused(tmp_path: Path) -> None:
    index = {
        "_class_name": "FluxPipeline",
        "transformer": ["diffusers", "FluxTransformer2DModel"],
        "text_encoder": ["transformers", "T5EncoderModel"],
        "vae": ["diffusers", "AutoencoderKL"],
    }
    write_texts(tmp_path, {"model_index.json": index})
    for name, layers in (("transformer", 24), ("text_encoder", 12), ("vae", 1)):
        shapes = {f"blocks.{n}.w": ("BF16", (2**14, 2**15)) for n in range(layers)}
        write_safetensors(tmp_path / name / "diffusion_pytorch_model.safetensors", shapes)
    whole = placed(tmp_path, card(48))
    assert (whole.verdict.verdict, whole.max_context) == ("fits", None)
    assert whole.memory.weights_bytes == 37 * GIB
    by_model = placed(tmp_path, card(30))
    assert by_model.memory.weights_bytes == 24 * GIB
    assert "enable_model_cpu_offload" in by_model.verdict.reason
    by_block = placed(tmp_path, card(6))
    assert by_block.memory.weights_bytes == GIB
    assert "group offload" in by_block.verdict.reason
    assert placed(tmp_path, card(1)).verdict.verdict == "no"
    assert shown(tmp_path).identity.sizes.total == 37 * GIB // 2


def test_training(tmp_path: Path) -> None:
    folder = write_llama(tmp_path)
    count = shown(folder).identity.sizes.total or 0
    full = placed(folder, CARD, train="full")
    assert full.memory.weights_bytes == 16 * count
    assert (full.engine, full.max_context, full.speed) == ("trl", None, None)
    lora, qlora = (placed(folder, CARD, train=method).memory for method in ("lora", "qlora"))
    assert full.memory.weights_bytes > lora.weights_bytes > qlora.weights_bytes
    assert list(shown(folder, hardware=(CARD,), train="full").commands) == ["trl"]


@pytest.mark.parametrize("method", ["full", "lora", "qlora"])
def test_what_training_shares_is_what_its_command_shards(tmp_path: Path, method: Any) -> None:
    folder = write_llama(tmp_path)
    one = placed(folder, CARD, train=method).memory
    found = shown(folder, hardware=(CARD,), train=method, gpus=4)
    each = found.placed[0]
    is_sharded = "zero3" in found.commands["trl"].text
    assert is_sharded == (method != "qlora")
    assert each.memory.weights_bytes == (
        -(-one.weights_bytes // 4) if is_sharded else one.weights_bytes
    )
    assert each.verdict.need_bytes == each.memory.total_bytes


def test_training_of_an_unknown_shape_takes_more_than_running_it(tmp_path: Path) -> None:
    write_safetensors(tmp_path / "model.safetensors", {"w": ("BF16", (2**16, 2**16))})
    assert placed(tmp_path, card(24), train="full").memory.weights_bytes == 16 * 2**32
    assert placed(tmp_path, card(24), train="full").verdict.verdict == "no"
    assert placed(tmp_path, card(24)).verdict.verdict == "fits"


def test_the_ram_of_a_cpu_is_not_multiplied(tmp_path: Path) -> None:
    folder, cpu = write_llama(tmp_path), custom_hardware(ram_gib=64)
    for train in (None, "full"):
        one, many = (placed(folder, cpu, train=train, gpus=gpus) for gpus in (1, 8))
        assert one.memory == many.memory


def test_speed_is_a_range_and_money_and_watts_follow(tmp_path: Path) -> None:
    found = placed(write_llama_gguf(tmp_path / "m-Q8_0.gguf", "Q8_0"), CARD, price=0.5)
    assert found.speed is not None
    assert found.per_watt is not None
    assert found.per_dollar is not None
    assert 0 < found.speed.low < found.speed.high
    assert "1008 GB/s" in found.speed.assumption
    assert found.per_dollar.low == pytest.approx(found.speed.low * 7200)
    assert found.per_watt.high == pytest.approx(found.speed.high / 450)


@settings(max_examples=60, deadline=None)
@given(context=st.integers(1, 131072), vram=st.floats(0.5, 24))
def test_the_longest_context_agrees_with_the_verdict(context: int, vram: float) -> None:
    hardware = (card(vram), card(vram, ram=2))
    model = Model("a/b", Contents((), False, {"config.json": facts.GEMMA3_4B | {"x": 1}}))
    for engine in ("transformers", "vllm"):
        found = report(model, Wanted(hardware=hardware, context=context, engine=engine))
        for each in found.placed:
            fits = each.verdict.verdict == "fits"
            assert fits == ((each.max_context or 0) >= context), each.verdict


SHAPES = [
    *(facts.LLAMA_8B, facts.GEMMA3_27B, facts.GEMMA4_E2B, facts.QWEN35_35B_A3B),
    *(facts.DEEPSEEK_V3, facts.GPT_OSS_20B, facts.NEMOTRON_3_NANO, facts.MAMBA2_2_7B),
    *(facts.LFM2_350M, more_facts.T5_LARGE, more_facts.BERT_BASE, more_facts.GPT2),
]
HARDWARE = (CARD, card(12, ram=512), custom_hardware(ram_gib=64), find_hardware("B200"))


@settings(max_examples=40, deadline=None)
@given(
    shape=st.sampled_from(SHAPES),
    engine=st.sampled_from(["transformers", "vllm", "llama.cpp"]),
    contexts=st.tuples(st.integers(1, 10**6), st.integers(1, 10**6)),
    gpus=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    parallel=st.integers(1, 8),
    train=st.sampled_from([None, "full", "lora", "qlora"]),
)
def test_more_context_never_needs_less_nor_more_gpus_more(
    shape: Any,
    engine: str,
    contexts: tuple[int, int],
    gpus: tuple[int, int],
    parallel: int,
    train: Any,
) -> None:
    model = Model("a/b", Contents((), False, {"config.json": shape}))
    (short, long), (few, many) = sorted(contexts), sorted(gpus)

    def needs(context: int, count: int) -> list[int]:
        wanted = Wanted(HARDWARE, count, context, parallel, engine=engine, train=train)
        found = report(model, wanted).placed
        for each in found:
            need, free = each.verdict.need_bytes, each.verdict.free_bytes
            assert each.memory.total_bytes == need > 0
            expected = "fits" if need <= 0.9 * free else "tight" if need <= free else "no"
            assert each.verdict.verdict == expected or each.ram is not None
            assert not each.speed or 0 < each.speed.low <= each.speed.high
        rams = [each.ram.total_bytes if each.ram else 0 for each in found]
        return [each.memory.total_bytes + ram for each, ram in zip(found, rams, strict=True)]

    try:
        base = needs(short, few)
    except BadRequest as error:  # more GPUs than layers
        assume("is split over" not in str(error))
        raise
    for less, more in zip(base, needs(long, few), strict=True):
        assert less <= more * 1.001
    for name, one, shared in zip(HARDWARE, base, needs(short, many), strict=True):
        assert shared <= one * 1.001 or name.ram_gib is not None


def test_a_model_is_read_once(tmp_path: Path) -> None:
    """`model_of` has no weights in memory: the files are holes of the full length."""
    folder = write_llama(tmp_path, SMALL)
    assert model_of(folder).contents.checkpoints[0].weights_bytes > 350 * MIB
