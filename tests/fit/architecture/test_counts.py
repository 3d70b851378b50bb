"""Parameters, against what transformers counts for the same configs on the meta device."""

import json
from pathlib import Path

import pytest

from fit.architecture import facts, more_facts
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
"""Billions a token uses, with the input embedding; worked out from what transformers counted."""

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


ORACLE = Path(__file__).parents[1] / "oracles" / "meta.json"
OURS = {f"facts/{name}": value for name, value in (vars(facts) | vars(more_facts)).items()}
COUNTED = {
    name: row["total"]
    for name, row in json.loads(ORACLE.read_text())["models"].items()
    if name in OURS and "total" in row
}
MISSED = {"facts/MAMBA2_2_7B"}
"""transformers makes its head a table of its own, which the config (and the file) ties."""


@pytest.mark.parametrize("name", sorted(COUNTED.keys() - MISSED))
def test_as_transformers_counts_on_the_meta_device(name: str) -> None:
    total = counts_of(architecture_of(OURS[name])).total
    assert total == pytest.approx(COUNTED[name], rel=0.005)


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
