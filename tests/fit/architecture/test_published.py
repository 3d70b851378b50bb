"""Published and logged sizes that follow from public facts, each within the error said with it.

What does not: activations of image and video models (the peaks of FLUX, LTX, HunyuanVideo and
CogVideoX above their weights), offloading by leaves, and runs whose dtype, batch or sequence nobody
published (mt0-xxl, bloomz-7b1, Llama-2-70B with ZeRO-3, T0_3B with LoRA).
"""

import pytest

from fit.architecture import facts
from fit.architecture.facts import config
from hearthub.fit import caches, memory
from hearthub.fit.caches import Use
from hearthub.fit.configs import architecture_of
from hearthub.fit.counts import counts_of
from hearthub.fit.memory_diffusion import Component, pipeline
from hearthub.fit.memory_training import Training, training
from hearthub.fit.mixes import BLOCKS, size_of

GIB, MIB, GB = 2**30, 2**20, 10**9
HEADER = 16 * 10**6
"""Bytes that the vocabulary of a GGUF file takes at most here, with its merges."""

LLAMA_8B = architecture_of(facts.LLAMA_8B)
OCTOCODER = architecture_of(
    config(
        "gpt_bigcode", 6144, 40, 48, 1, 24576, 49152, multi_query=True, n_positions=8192,
        max_position_embeddings=8192,
    )
)  # fmt: skip
QWEN3_8B = architecture_of(config("qwen3", 4096, 36, 32, 8, 12288, 151936, head_dim=128))
T0_3B = architecture_of(
    {
        "model_type": "t5", "d_model": 2048, "num_layers": 24, "num_heads": 32, "d_kv": 64,
        "d_ff": 5120, "vocab_size": 32128, "feed_forward_proj": "gated-gelu",
        "tie_word_embeddings": False, "is_encoder_decoder": True,
    }
)  # fmt: skip


def test_context_of_qwen3_30b() -> None:
    """llama.cpp's README of fit-params: 384 MiB at 4,096 tokens."""
    shape, use = architecture_of(facts.QWEN3_30B_A3B), Use(context=4096, engine="llama.cpp")
    assert caches.cache_bytes(shape, use) == 384 * MIB


@pytest.mark.parametrize(("blocks", "gib"), [(2356, 4.60), (5691, 11.12)])
def test_blocks_of_vllm(blocks: int, gib: float) -> None:
    """Llama-3.1-8B, blocks of 16 tokens, on an A10 and an A100."""
    block = caches.cache_bytes(LLAMA_8B, Use(context=16, engine="vllm"))
    assert gib * GIB / block == pytest.approx(blocks, rel=0.001)


def test_llama_70b_in_int8() -> None:
    """vLLM's pull request 12569: 67.72 GiB with W8A8; 0.1 % less here."""
    size, _ = memory.weights_of(architecture_of(facts.LLAMA_70B), "int8")
    assert size / GIB == pytest.approx(67.72, rel=0.002)


def test_bonsai_8b_in_one_bit() -> None:
    """Bonsai-8B-Q1_0.gguf has 1,158,654,496 bytes, all its matrices in Q1_0."""
    block = BLOCKS["Q1_0"]
    norms = sum(layer.other_parameters for layer in QWEN3_8B.layers) + QWEN3_8B.other_parameters
    tensors = (counts_of(QWEN3_8B).total - norms) * block.size // block.weights + 4 * norms
    assert tensors == pytest.approx(1_153_011_712, rel=0.0001)
    assert 0 < 1_158_654_496 - tensors < HEADER


def test_gpt_oss_20b_in_mxfp4() -> None:
    """gpt-oss-20b-MXFP4.gguf has 12,109,566,624 bytes."""
    found = size_of(architecture_of(facts.GPT_OSS_20B), "MXFP4_MOE")
    assert 0 < 12_109_566_624 - found.bytes < HEADER


OCTOCODER_PEAKS = [("bf16", 29.03, 0.005), ("int8", 15.22, 0.05), ("fp4", 9.54, 0.16)]
"""GiB that transformers' guide measured, and how much less the weights alone are: quantised ones
are unpacked as they are used."""


@pytest.mark.parametrize(("scheme", "gib", "error"), OCTOCODER_PEAKS)
def test_octocoder(scheme: str, gib: float, error: float) -> None:
    size, _ = memory.weights_of(OCTOCODER, scheme)
    assert gib * (1 - error) < size / GIB < gib


IMAGES = [
    ("FLUX.1-dev", 11.90e9, 16, 22.63, 0.03),
    ("FLUX.1-dev", 11.90e9, 4.127, 6.72, 0.16),
    ("LTX-Video 0.9.7", 13.04e9, 16, 25.22, 0.04),
    ("SDXL", 2.57e9, 16, 5.05, 0.06),
]
"""diffusers' benchmark: parameters of the transformer, bits, GiB at most; the rest is
activations."""


@pytest.mark.parametrize(("name", "parameters", "bits", "gib", "error"), IMAGES)
def test_image_models(name: str, parameters: float, bits: float, gib: float, error: float) -> None:
    found = pipeline([Component(name, round(parameters * bits / 8))])
    assert gib * (1 - error) < found.weights_bytes / GIB < gib


def test_hunyuan_video_with_offloading() -> None:
    """FastVideo: a peak of 33.7 GB; its transformer, the largest component, has 12.8 B."""
    parts = [Component("transformer", 25_600_000_000), Component("text_encoder", 16_060_000_000)]
    assert pipeline(parts, "model_offload").weights_bytes < 33.7 * GB < 41.66 * GB


def test_t0_3b_in_full() -> None:
    """PEFT's README: 47.14 GB on an A100, of which 16 bytes a parameter are ours."""
    assert counts_of(T0_3B).total == pytest.approx(2.85e9, rel=0.005)
    found = training(T0_3B, Training("full", sequence=256, batch=1))
    assert found.weights_bytes / GB == pytest.approx(45.6, rel=0.005)
    assert found.total_bytes / GB == pytest.approx(47.14, rel=0.03)


def test_65b_in_16_bits() -> None:
    """The QLoRA paper's 780 GB are 12 bytes a parameter: no copy of the weights in fp32."""
    shape = architecture_of(config("llama", 8192, 80, 64, 64, 22016, 32000))
    assert 12 * counts_of(shape).total / GB == pytest.approx(780, rel=0.01)
