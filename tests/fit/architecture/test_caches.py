"""Cache sizes, against what llama.cpp printed for the same shapes and by hand."""

import pytest

from fit.architecture import facts
from hearthub.errors import BadRequest
from hearthub.fit import caches
from hearthub.fit.caches import Use
from hearthub.fit.configs import architecture_of

MIB = 2**20

AT_32K = [
    ("Llama-3.1-8B", facts.LLAMA_8B, 4096),
    ("Qwen3-30B-A3B", facts.QWEN3_30B_A3B, 3072),
    ("Gemma-3-27B", facts.GEMMA3_27B, 3184),
    ("Gemma-4-26B-A4B", facts.GEMMA4_26B_A4B, 940),
    ("gpt-oss-20b", facts.GPT_OSS_20B, 786),
    ("DeepSeek-V3", facts.DEEPSEEK_V3, 2196),
    ("Qwen3.5-35B-A3B", facts.QWEN35_35B_A3B, 702),
    ("Mamba2-2.7B", facts.MAMBA2_2_7B, 163),
]
"""llama.cpp, 32,768 tokens, f16: MiB as it prints them (rounded down)."""


def llama_cpp(shape: facts.Config, context: int = 32768, **more: object) -> float:
    use = Use(context=context, engine="llama.cpp", **more)  # type: ignore[arg-type]
    return caches.cache_bytes(architecture_of(shape), use) / MIB


@pytest.mark.parametrize(("name", "shape", "mib"), AT_32K, ids=[row[0] for row in AT_32K])
def test_as_llama_cpp_prints_it(name: str, shape: facts.Config, mib: int) -> None:
    assert int(llama_cpp(shape)) == mib


def test_without_the_saving_of_sliding_windows() -> None:
    assert llama_cpp(facts.GEMMA3_27B, swa_full=True) == 15872


def test_four_slots_share_the_context_but_not_the_window() -> None:
    assert llama_cpp(facts.GEMMA3_27B, context=32768 // 4, sequences=4) == 5056


def test_a_quantised_cache() -> None:
    assert llama_cpp(facts.LLAMA_8B, cache_type="q8_0") == 4096 * 34 / 64
    assert llama_cpp(facts.LLAMA_8B, cache_type="q4_0") == 4096 * 18 / 64


def test_bytes_of_a_token() -> None:
    assert caches.token_bytes(architecture_of(facts.LLAMA_8B)) == 131_072
    assert caches.token_bytes(architecture_of(facts.DEEPSEEK_V3)) == 70_272


def test_vllm_blocks_of_sliding_layers() -> None:
    """vLLM 0.32 on a CPU said 81.11x for 8,192 blocks: 16 for full, 17 for sliding layers."""
    shape = facts.config(
        "gemma3_text", 64, 12, 4, 2, 128, 1000, head_dim=16, sliding_window=512,
        layer_types=facts.every(6, 12, facts.SLIDING),
    )  # fmt: skip
    use = Use(context=2048, engine="vllm", block=128)
    block = 128 * 2 * 2 * 16 * 2  # one layer's keys and values, f16
    assert caches.cache_bytes(architecture_of(shape), use) == block * (2 * 16 + 10 * 17)


def test_a_neutral_window_keeps_no_more_than_it_sees() -> None:
    shape = architecture_of(facts.MISTRAL_7B)
    at_window = caches.cache_bytes(shape, Use(context=4096))
    assert caches.cache_bytes(shape, Use(context=32768)) == at_window == 4096 * 131_072


def test_a_state_grows_with_sequences_only() -> None:
    shape = architecture_of(facts.MAMBA2_2_7B)
    one = caches.cache_bytes(shape, Use(context=16))
    assert caches.cache_bytes(shape, Use(context=100_000, sequences=3)) == 3 * one


@pytest.mark.parametrize(
    "wrong", [{"context": 0}, {"context": 2**40}, {"context": 1, "cache_type": "f4"}]
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(BadRequest):
        Use(**wrong)  # type: ignore[arg-type]
