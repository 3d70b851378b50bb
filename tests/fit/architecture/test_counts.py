"""Parameters, against what transformers counts on the meta device and what publishers say."""

import pytest

from fit.architecture import facts
from hearthub.errors import BadRequest
from hearthub.fit.configs import architecture_of
from hearthub.fit.counts import counts_of

TOTALS = [
    (facts.MISTRAL_7B, 7.242),
    (facts.LLAMA_8B, 8.030),
    (facts.MIXTRAL, 46.703),
    (facts.QWEN3_30B_A3B, 30.532),
    (facts.QWEN3_235B_A22B, 235.094),
    (facts.QWEN35_35B_A3B, 34.66),
    (facts.DEEPSEEK_V3, 671.026),
    (facts.GPT_OSS_20B, 20.915),
    (facts.GEMMA4_26B_A4B, 25.23),
    (facts.SCOUT, 107.77),
    (facts.MAVERICK, 400.71),
    (facts.LFM2_350M, 0.354),
    (facts.NEMOTRON_3_NANO, 31.578),
]
"""Billions, of the text model; counted by transformers 5.23 from configs."""

ACTIVE = [
    (facts.MIXTRAL, 12.88),
    (facts.QWEN3_30B_A3B, 3.35),
    (facts.QWEN3_235B_A22B, 22.19),
    (facts.QWEN35_35B_A3B, 3.46),
    (facts.DEEPSEEK_V3, 37.55),
    (facts.GPT_OSS_20B, 4.19),
    (facts.GEMMA4_26B_A4B, 3.82),
    (facts.SCOUT, 17.17),
    (facts.MAVERICK, 17.18),
    (facts.NEMOTRON_3_NANO, 3.58),
]
"""Billions a token uses, with the input embedding."""

EFFECTIVE = [
    (facts.GEMMA3N_E2B, 1.89),
    (facts.GEMMA3N_E4B, 3.95),
]
"""Billions without any table of embeddings."""


@pytest.mark.parametrize(("shape", "billions"), TOTALS, ids=lambda it: str(it)[:40])
def test_totals_within_half_a_percent(shape: facts.Config, billions: float) -> None:
    assert counts_of(architecture_of(shape)).text / 1e9 == pytest.approx(billions, rel=0.005)


@pytest.mark.parametrize(("shape", "billions"), ACTIVE, ids=lambda it: str(it)[:40])
def test_active_within_two_percent(shape: facts.Config, billions: float) -> None:
    assert counts_of(architecture_of(shape)).active / 1e9 == pytest.approx(billions, rel=0.02)


@pytest.mark.parametrize(("shape", "billions"), EFFECTIVE, ids=lambda it: str(it)[:40])
def test_effective_within_two_percent(shape: facts.Config, billions: float) -> None:
    assert counts_of(architecture_of(shape)).effective / 1e9 == pytest.approx(billions, rel=0.02)


@pytest.mark.parametrize(
    "change",
    [
        {"num_hidden_layers": 10**7},
        {"hidden_size": -1},
        {"hidden_size": 2**80},
        {"num_attention_heads": "32"},
        {"vocab_size": float("inf")},
    ],
    ids=str,
)
def test_hostile_configs_are_refused(change: facts.Config) -> None:
    with pytest.raises(BadRequest):
        architecture_of(facts.LLAMA_8B | change)
