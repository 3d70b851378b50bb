"""Parameters through the report: from which source, and what contradicts it."""

from pathlib import Path
from typing import Any

import pytest

from fit.answers.models import (
    SMALL,
    SMALL_PARAMETERS,
    card,
    llama_tensors,
    shown,
    write_llama,
    write_llama_gguf,
    write_texts,
)
from fit.architecture import facts
from fit.weight_files import write_safetensors
from hearthub.fit.sizes import Sizes, curated_of, told_of

PUBLISHED = [
    ("Mistral-7B-v0.1", facts.MISTRAL_7B, 7.24, None),
    ("Llama-3.1-8B", facts.LLAMA_8B, 8.03, None),
    ("Llama-4-Scout-17B-16E", facts.SCOUT, 109, 17),
    ("Llama-4-Maverick-17B-128E", facts.MAVERICK, 400, 17),
    ("Mixtral-8x7B-v0.1", facts.MIXTRAL, 46.7, 12.9),
    ("Qwen3-30B-A3B", facts.QWEN3_30B_A3B, 30.5, 3.3),
    ("Qwen3-235B-A22B", facts.QWEN3_235B_A22B, 235, 22),
    ("gemma-4-26B-A4B", facts.GEMMA4_26B_A4B, 25.2, 3.8),
    ("DeepSeek-V3", facts.DEEPSEEK_V3, 671, 37),
    ("LFM2-350M", facts.LFM2_350M, 0.354, None),
]
"""Billions that the makers state; some round to whole ones."""


@pytest.mark.parametrize(("name", "config", "total", "active"), PUBLISHED, ids=str)
def test_published_figures(
    tmp_path: Path, name: str, config: Any, total: float, active: float | None
) -> None:
    sizes = shown(write_texts(tmp_path, {"config.json": config}), f"a/{name}").identity.sizes
    assert sizes.source == "config"
    assert sizes.conflicts == ()
    assert sizes.total is not None
    assert sizes.active is not None
    assert sizes.total / 1e9 == pytest.approx(total, rel=0.012)
    assert sizes.active / 1e9 == pytest.approx(active or total, rel=0.02)


def test_publishers_who_leave_the_input_table_out(tmp_path: Path) -> None:
    """3.61 B of gpt-oss-20b, 12.7 B of Mixtral: both ways are told."""
    sizes = shown(write_texts(tmp_path, {"config.json": facts.GPT_OSS_20B})).identity.sizes
    assert sizes.active_without_embedding == pytest.approx(3.61e9, rel=0.01)
    assert (sizes.experts, sizes.active_experts) == (32, 4)


GEMMA4_TOWERS = {
    "vision_config": {"model_type": "gemma4_vision", "hidden_size": 768, "num_hidden_layers": 16}
    | {"intermediate_size": 3072, "patch_size": 16, "position_embedding_size": 10240},
    "audio_config": {"model_type": "gemma4_audio", "hidden_size": 1024, "num_hidden_layers": 12},
}
GEMMA3N_TOWERS = {
    "vision_config": {"architecture": "mobilenetv5_300m_enc", "hidden_size": 2048},
    "audio_config": {"model_type": "gemma3n_audio", "hidden_size": 1536}
    | {"conf_num_hidden_layers": 12},
}


@pytest.mark.parametrize(
    ("text", "towers", "total", "effective"),
    [
        (facts.GEMMA4_E2B, GEMMA4_TOWERS, 5.104, 2.3),
        (facts.GEMMA4_E4B, GEMMA4_TOWERS, 7.941, 4.5),
        (facts.GEMMA3N_E2B, GEMMA3N_TOWERS, 5.418, 1.91),
        (facts.GEMMA3N_E4B, GEMMA3N_TOWERS, 7.819, 4.0),
    ],
    ids=["gemma-4-E2B", "gemma-4-E4B", "gemma-3n-E2B", "gemma-3n-E4B"],
)
def test_effective_parameters(
    tmp_path: Path, text: Any, towers: Any, total: float, effective: float
) -> None:
    """Totals of transformers, effective ones of the makers: the E of Gemma 4 counts the towers,
    that of Gemma 3n does not."""
    family = text["model_type"].removesuffix("_text")
    write_texts(tmp_path, {"config.json": {"model_type": family, "text_config": text} | towers})
    of_config = shown(tmp_path).identity.sizes
    assert (of_config.total or 0) / 1e9 == pytest.approx(total, rel=0.01)
    write_safetensors(tmp_path / "model.safetensors", {"x": ("I8", (round(total * 1e9),))})
    of_header = shown(tmp_path).identity.sizes
    assert of_header.total == round(total * 1e9)
    for sizes in (of_config, of_header):
        assert (sizes.effective or 0) / 1e9 == pytest.approx(effective, rel=0.025)


def test_a_header_counts_what_is_stored(tmp_path: Path) -> None:
    sizes = shown(write_llama(tmp_path / "m")).identity.sizes
    assert (sizes.total, sizes.active) == (SMALL_PARAMETERS, SMALL_PARAMETERS)
    assert (sizes.source, sizes.conflicts, sizes.experts) == ("header", (), 0)


def test_a_gguf_header_and_its_config_agree(tmp_path: Path) -> None:
    sizes = shown(write_llama_gguf(tmp_path / "m-Q4_K_M.gguf")).identity.sizes
    norms = 17 * 1024  # which this file has not
    assert (sizes.total, sizes.source) == (SMALL_PARAMETERS - norms, "header")
    assert sizes.conflicts == ()


def test_a_config_that_builds_something_else_is_a_conflict(tmp_path: Path) -> None:
    write_llama(tmp_path / "m")
    write_texts(tmp_path / "m", {"config.json": SMALL | {"num_hidden_layers": 16}})
    found = shown(tmp_path / "m")
    assert found.identity.sizes.total == SMALL_PARAMETERS
    assert "the header counts 0.187 B, its config 0.309 B" in found.warnings


def test_a_name_that_says_something_else_is_a_conflict(tmp_path: Path) -> None:
    found = shown(write_llama(tmp_path / "m"), "someone/Llama-70B")
    assert "the name says 70 B, the header 0.187 B" in found.warnings
    assert shown(tmp_path / "m", "someone/Llama-0.19B").identity.sizes.conflicts == ()


def test_layers_that_only_draft_are_apart(tmp_path: Path) -> None:
    tensors = llama_tensors()
    tensors["model.layers.8.mlp.up_proj.weight"] = ("BF16", (4096, 1024))
    tensors["mtp.fc.weight"] = ("BF16", (1024, 1024))
    write_safetensors(tmp_path / "model.safetensors", tensors)
    found = shown(write_texts(tmp_path, {"config.json": SMALL}))
    sizes = found.identity.sizes
    assert (sizes.total, sizes.draft) == (SMALL_PARAMETERS, 5 * 1024 * 1024)
    assert any("only draft tokens" in warning for warning in found.warnings)


def test_a_tower_with_more_layers_than_the_text_is_no_draft(tmp_path: Path) -> None:
    tensors = llama_tensors()
    tensors["vision_tower.encoder.layers.20.mlp.fc1.weight"] = ("BF16", (1024, 1024))
    write_safetensors(tmp_path / "model.safetensors", tensors)
    sizes = shown(write_texts(tmp_path, {"config.json": SMALL})).identity.sizes
    assert (sizes.total, sizes.draft) == (SMALL_PARAMETERS + 1024 * 1024, 0)


def test_the_name_of_an_adapter_tells_its_base_s_size(tmp_path: Path) -> None:
    lora = {"base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight": ("F32", (8, 4096))}
    write_safetensors(tmp_path / "adapter_model.safetensors", lora)
    write_texts(tmp_path, {"adapter_config.json": {"base_model_name_or_path": "meta/Llama-70B"}})
    sizes = shown(tmp_path, "alice/Llama-70B-lora").identity.sizes
    assert (sizes.total, sizes.conflicts) == (32768, ())


def test_names_alone() -> None:
    assert told_of("Qwen/Qwen3-30B-A3B") == Sizes(30 * 10**9, 3 * 10**9, source="name")
    assert told_of("deepseek-ai/DeepSeek-V3").source == "curated"
    assert told_of("someone/something") == Sizes()
    assert curated_of("x/DeepSeek-V3-lora") is None
    known = curated_of("unsloth/DeepSeek-V3-0324-GGUF")
    assert known is not None
    assert known.total == pytest.approx(671.026e9, rel=1e-4)


def test_what_nothing_tells_is_unknown(tmp_path: Path) -> None:
    write_texts(tmp_path, {"config.json": {"model_type": "new"}, "README.md": card()})
    sizes = shown(tmp_path, "x/nothing").identity.sizes
    assert (sizes.total, sizes.active, sizes.source) == (None, None, None)


@pytest.mark.parametrize(
    ("name", "total"),
    [
        ("meta-llama/Llama-3.2-1B-Instruct", 1_235_814_400),
        ("x/llama_3_2_1b-ft", 1_235_814_400),
        ("google/gemma-2b-it", 2_506_172_416),
        ("google/gemma-2-2b-it", 2_614_341_888),
        ("x/Gemma2-2B-SLERP", 2_614_341_888),
        ("HuggingFaceH4/zephyr-7b-gemma-v0.1", 8_537_680_896),
    ],
)
def test_families_that_round_are_known(name: str, total: int) -> None:
    found = told_of(name)
    assert (found.total, found.source) == (total, "curated")


@pytest.mark.parametrize("name", ["google/gemma-3-1b-it", "google/gemma-2-9b", "x/Llama-3.1-1B"])
def test_other_names_are_taken_at_their_word(name: str) -> None:
    assert told_of(name).source == "name"
