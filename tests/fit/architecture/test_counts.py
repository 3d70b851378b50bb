"""Parameters, against what transformers counts for the same configs on the meta device."""

import hashlib
import json
import os
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
MISSED = {"facts/MAMBA2_2_7B", "facts/T5_LARGE"}
"""transformers gives the first a head that its file ties, and ties the head that T5 v1.1 has."""


@pytest.mark.parametrize("name", sorted(COUNTED.keys() - MISSED))
def test_as_transformers_counts_on_the_meta_device(name: str) -> None:
    total = counts_of(architecture_of(OURS[name])).total
    assert total == pytest.approx(COUNTED[name], rel=0.005)


def test_the_configs_are_those_that_were_counted() -> None:
    """Whoever changes a config runs `make oracles`."""
    rows = json.loads(ORACLE.read_text())["models"]
    for name in COUNTED:
        written = json.dumps(OURS[name], sort_keys=True).encode()
        assert hashlib.sha256(written).hexdigest() == rows[name]["sha256"], name


@pytest.mark.skipif("HEARTHUB_ORACLE_CONFIGS" not in os.environ, reason="set by `make oracles`")
def test_real_configs_as_transformers_counts_them() -> None:
    folder = Path(os.environ["HEARTHUB_ORACLE_CONFIGS"])
    files = {path.name: path for path in folder.rglob("*_config.json")}
    near, far = 0, []
    for name, row in json.loads(ORACLE.read_text())["models"].items():
        if name.startswith("facts/") or "total" not in row:
            continue
        config = json.loads(files[name.replace("/", "--") + "_config.json"].read_bytes())
        error = counts_of(architecture_of(config)).total / row["total"] - 1
        near += abs(error) <= 0.005
        far += [(name, error)] if abs(error) > 0.005 else []
    assert near >= 0.95 * (near + len(far)), far
    assert near >= 80


def test_a_family_that_is_not_known_is_an_estimate() -> None:
    shape = architecture_of(facts.LLAMA_8B | {"model_type": "gemma9"})
    assert any("gemma9 is not known" in warning for warning in shape.warnings)
    assert architecture_of(facts.LLAMA_8B).warnings == ()


@pytest.mark.parametrize(
    "change",
    [
        {"num_hidden_layers": 10**7},
        {"hidden_size": -1},
        {"hidden_size": 2**80},
        {"num_attention_heads": "32"},
        {"vocab_size": float("inf")},
        {"vocab_size": True},
        {"layer_types": [{}], "num_hidden_layers": 0},
        {"sliding_window": "4096"},
    ],
    ids=str,
)
def test_hostile_configs_are_refused(change: facts.Config) -> None:
    with pytest.raises(BadRequest):
        architecture_of(facts.LLAMA_8B | change)
