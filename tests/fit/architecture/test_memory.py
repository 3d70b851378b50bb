"""Memory: published and logged cases, each within the error that is stated with it."""

import json
from pathlib import Path

import pytest

from fit.architecture import facts
from hearthub.errors import BadRequest
from hearthub.fit import caches, memory
from hearthub.fit.caches import Use
from hearthub.fit.configs import architecture_of
from hearthub.fit.gguf_keys import architecture_of as gguf_architecture_of
from hearthub.fit.memory_splits import split_by_tensors

ORACLE = Path(__file__).parents[1] / "oracles" / "llama.json"
GIB, MIB = 2**30, 2**20

LLAMA_8B = architecture_of(facts.LLAMA_8B)
QWEN3_235B = architecture_of(facts.QWEN3_235B_A22B)

LOGGED_TOKENS = [
    (4.60, 37_696, 0.001),  # A10
    (11.12, 91_056, 0.001),  # A100-40
    (19.28, 157_936, 0.001),
    (145.8, 1_194_384, 0.001),  # MI300X
]
"""vLLM, Llama-3.1-8B in bf16: GiB of cache, tokens it said, relative error."""


@pytest.mark.parametrize(("gib", "tokens", "error"), LOGGED_TOKENS)
def test_tokens_of_a_cache(gib: float, tokens: int, error: float) -> None:
    held = gib * GIB / caches.token_bytes(LLAMA_8B)
    assert held == pytest.approx(tokens, rel=error)


def test_tokens_of_a_70b() -> None:
    """vLLM's pull request 12569: 1,381 blocks of 16 are 10.79 sequences of 2,048."""
    size = caches.cache_bytes(architecture_of(facts.LLAMA_70B), Use(context=2048, engine="vllm"))
    assert 1381 * 16 * 327_680 / size == pytest.approx(10.79, abs=0.005)


def test_a_gpu_of_four_holds_one_key_value_head() -> None:
    """vLLM's issue 21348: 8.11 GiB a GPU held 178,880 tokens; ours is 1.1 % more."""
    part = split_by_tensors(QWEN3_235B, 235 * 10**9, Use(context=178_880, engine="vllm"), 4)
    assert part.cache_bytes / GIB == pytest.approx(8.11, rel=0.02)


def test_keys_of_sglang_on_four_gpus() -> None:
    """SGLang: 367,404 tokens, keys 8.23 GiB."""
    part = split_by_tensors(QWEN3_235B, 1, Use(context=367_404), 4)
    assert part.cache_bytes / 2 / GIB == pytest.approx(8.23, rel=0.001)


def test_more_gpus_than_heads_repeat_them() -> None:
    at_4 = split_by_tensors(QWEN3_235B, 4, Use(context=1000), 4).cache_bytes
    assert split_by_tensors(QWEN3_235B, 4, Use(context=1000), 8).cache_bytes == at_4


def test_latent_attention_is_on_every_gpu() -> None:
    shape, use = architecture_of(facts.DEEPSEEK_V3), Use(context=1000)
    assert split_by_tensors(shape, 8, use, 8).cache_bytes == caches.cache_bytes(shape, use)


WEIGHTS = [
    ("Llama-3.1-8B in vLLM", LLAMA_8B, "bf16", 14.99, 0.003),
    ("Qwen3-30B-A3B, Host MiB", architecture_of(facts.QWEN3_30B_A3B), "bf16", 58259 / 1024, 0.003),
    ("gpt-oss-20b", architecture_of(facts.GPT_OSS_20B), "bf16", 20.915e9 * 2 / GIB, 0.001),
]


@pytest.mark.parametrize(("name", "shape", "scheme", "gib", "error"), WEIGHTS)
def test_weights(
    name: str, shape: memory.Architecture, scheme: str, gib: float, error: float
) -> None:
    assert memory.weights_of(shape, scheme)[0] / GIB == pytest.approx(gib, rel=error), name


def test_quantised_weights_keep_the_tables_at_16_bits() -> None:
    whole, _ = memory.weights_of(LLAMA_8B, "bf16")
    packed, formula = memory.weights_of(LLAMA_8B, "nf4")
    tables = 2 * 128256 * 4096
    assert packed == pytest.approx((whole - 2 * tables) / 2 * 4.127 / 8 + 2 * tables, rel=0.001)
    assert "4.127 bits" in formula


COMPUTE = [(128, 66), (512, 266), (2048, 1066)]
"""llama.cpp, Llama-3.1-8B: tokens of a step, MiB measured."""


@pytest.mark.parametrize(("step", "mib"), COMPUTE)
def test_buffers_of_a_step(step: int, mib: int) -> None:
    use = Use(context=8192, engine="llama.cpp", ubatch=step)
    size, _ = memory.compute(LLAMA_8B, use)
    assert size / MIB == pytest.approx(mib, rel=0.01)


SPARSE = {"DeepSeek-V3.2", "GLM-5", "MiniMax-M3"}
"""Their indexers take up to 0.5 GiB more, which the formula says it leaves out."""


def test_buffers_of_many_architectures() -> None:
    """Against llama.cpp's print, without logits to speak of: the vocabulary is 1,024."""
    errors = {}
    for name, model in json.loads(ORACLE.read_text())["models"].items():
        row = model["rows"][1]
        size, formula = memory.compute(gguf_architecture_of(model["keys"]), Use(row["context"]))
        assert ("indexer" in formula) == (name in SPARSE)
        if name not in SPARSE:
            errors[name] = size / MIB / row["compute_mib"] - 1
    assert min(errors.values()) > -0.25, errors
    near = [name for name, error in errors.items() if abs(error) <= 0.25]
    assert len(near) >= 0.85 * len(errors), errors


def test_without_flash_attention_the_scores_are_kept() -> None:
    use = Use(context=32768, engine="llama.cpp")
    size, _ = memory.compute(LLAMA_8B, use, flash_attention=False)
    assert size / MIB == pytest.approx(2156, rel=0.09)


def test_all_parts_add_up_and_each_says_how() -> None:
    found = memory.inference(LLAMA_8B, 10**9, Use(context=8192), gpus=2, sidecar_bytes=5)
    parts = (found.weights_bytes, found.cache_bytes, found.compute_bytes, found.overhead_bytes)
    assert found.total_bytes == sum(parts)
    assert found.weights_bytes == 10**9 + 5
    assert found.overhead_bytes == GIB
    assert found.formulas["cache"] == "32 layers x 8192 tokens x 8 heads x (128 + 128) f16"
    assert set(found.formulas) == {"weights", "cache", "compute", "overhead"}


def test_on_a_cpu_there_is_little_beside() -> None:
    assert memory.inference(LLAMA_8B, 1, Use(context=1), gpus=0).overhead_bytes == 11 * MIB


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(BadRequest):
        memory.weights_of(LLAMA_8B, "int3")


def test_transformers_reads_a_prompt_in_one_step() -> None:
    """Torch's profiler: 18.2 KB a token for a Llama of 768, 2,048 inside, in bfloat16; 36.4 in
    float32."""
    shape = architecture_of(
        {
            "model_type": "llama",
            "hidden_size": 768,
            "intermediate_size": 2048,
            "num_hidden_layers": 1,
            "num_attention_heads": 12,
            "num_key_value_heads": 4,
            "vocab_size": 16384,
        }
    )
    use = Use(context=2000, engine="transformers")
    assert memory.compute(shape, use)[0] / 2000 == pytest.approx(18_200, rel=0.03)
    wide = Use(context=2000, engine="transformers", cache_type="f32")
    assert memory.compute(shape, wide)[0] / 2000 == pytest.approx(36_376, rel=0.03)


def test_libraries_are_counted_where_they_are_in_the_same_memory() -> None:
    on_cpu = memory.inference(LLAMA_8B, 16 * 10**9, Use(64, engine="transformers"), gpus=0)
    assert on_cpu.overhead_bytes == 350 * MIB
    lean = memory.inference(LLAMA_8B, 16 * 10**9, Use(64, engine="llama.cpp"), gpus=0)
    assert lean.overhead_bytes == 11 * MIB
    assert (
        memory.inference(LLAMA_8B, 16 * 10**9, Use(64, engine="transformers")).overhead_bytes < GIB
    )
