"""What a file type would make of a model, against llama.cpp: its table, and its own dry runs."""

import json
from pathlib import Path

import pytest

from fit.architecture import facts
from fit.oracles.quantize import MODELS, TIED
from hearthub.errors import BadRequest
from hearthub.fit.configs import architecture_of
from hearthub.fit.mixes import MIXES, size_of
from hearthub.fit.readers.gguf_types import FILE_TYPES

ORACLE = Path(__file__).parents[1] / "oracles" / "quantize.json"
DRY_RUNS: dict[str, dict[str, float]] = json.loads(ORACLE.read_text())["models"]
MIB, GIB = 2**20, 2**30

LLAMA_8B = architecture_of(facts.LLAMA_8B)
PUBLISHED = {
    "IQ1_S": (2.0042, 1.87),
    "IQ1_M": (2.1460, 2.01),
    "IQ2_XXS": (2.3824, 2.23),
    "IQ2_XS": (2.5882, 2.42),
    "IQ2_S": (2.7403, 2.56),
    "IQ2_M": (2.9294, 2.74),
    "IQ3_XXS": (3.2548, 3.04),
    "IQ3_XS": (3.4977, 3.27),
    "IQ3_S": (3.6606, 3.42),
    "IQ3_M": (3.7628, 3.52),
    "IQ4_XS": (4.4597, 4.17),
    "IQ4_NL": (4.6818, 4.38),
    "Q2_K_S": (2.9697, 2.78),
    "Q2_K": (3.1593, 2.95),
    "Q3_K_S": (3.6429, 3.41),
    "Q3_K_M": (3.9960, 3.74),
    "Q3_K_L": (4.2979, 4.02),
    "Q4_K_S": (4.6672, 4.36),
    "Q4_K_M": (4.8944, 4.58),
    "Q5_K_S": (5.5704, 5.21),
    "Q5_K_M": (5.7036, 5.33),
    "Q6_K": (6.5633, 6.14),
    "Q8_0": (8.5008, 7.95),
    "F16": (16.0005, 14.96),
}
"""Llama-3.1-8B in llama.cpp's tools/quantize/README.md: bits a weight and GiB. Its 25 columns name
Q4_K_S twice."""
BLIND = {"IQ4_XS", "IQ4_NL"}
"""Made without an importance matrix; IQ3_XXS with one (without, it has 3.37 bits)."""


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_table(name: str) -> None:
    bits, gib = PUBLISHED[name]
    found = size_of(LLAMA_8B, name, imatrix=name not in BLIND)
    assert found.bits_per_weight == pytest.approx(bits, abs=0.001)
    assert found.bytes / GIB == pytest.approx(gib, abs=0.01)


@pytest.mark.parametrize("model", DRY_RUNS)
def test_dry_runs_of_llama_quantize(model: str) -> None:
    """Every file type of six shapes: sparse, tied, with eight experts, with rows that no block
    of 256 divides."""
    config = MODELS[model][1] | {"tie_word_embeddings": model in TIED}
    architecture = architecture_of(config)
    errors = {
        name: size_of(architecture, name, imatrix=False).bytes / MIB / mib - 1
        for name, mib in DRY_RUNS[model].items()
    }
    assert {name: error for name, error in errors.items() if abs(error) > 0.003} == {}


def test_the_oracle_was_asked_for_nearly_all() -> None:
    assert sum(map(len, DRY_RUNS.values())) >= 6 * 22
    assert "Q1_0" not in DRY_RUNS["gpt-oss-20b"]


def test_rows_that_no_block_divides() -> None:
    """gpt-oss-20b, 2,880 wide: published as 8.48 bits for Q6_K and 6.04 for Q4_K_M."""
    shape = architecture_of(facts.GPT_OSS_20B)
    assert size_of(shape, "Q6_K").bits_per_weight == pytest.approx(8.48, abs=0.02)
    assert size_of(shape, "Q4_K_M").bits_per_weight == pytest.approx(6.04, abs=0.02)
    with pytest.raises(BadRequest, match="2880 weights cannot be Q1_0"):
        size_of(shape, "Q1_0")


def test_every_file_type_of_a_header_has_a_size() -> None:
    known = {name for name in FILE_TYPES.values() if name != "-"}
    assert known - MIXES.keys() - {"F32", "F16", "BF16"} == {"NVFP4"}  # made by no llama-quantize


@pytest.mark.parametrize("name", ["", "Q4", "q4_k_m", "NVFP4", "../x"])
def test_no_such_file_type(name: str) -> None:
    with pytest.raises(BadRequest, match="No such file type"):
        size_of(LLAMA_8B, name)


@pytest.mark.parametrize(
    "shape",
    [facts.DEEPSEEK_V3, facts.QWEN35_35B_A3B, facts.MAMBA2_2_7B, facts.GEMMA4_E2B, facts.LFM2_350M,
     facts.NEMOTRON_3_NANO],
    ids=lambda it: it["model_type"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["Q2_K", "Q4_K_M", "IQ2_XXS", "Q8_0", "MXFP4_MOE"])
def test_other_shapes_are_near_their_usual_type(shape: facts.Config, name: str) -> None:
    """No oracle for these: what mixes is between the type's own bits and 16."""
    usual = {"Q2_K": 2.6, "Q4_K_M": 4.5, "IQ2_XXS": 2.06, "Q8_0": 8.5, "MXFP4_MOE": 4.25}[name]
    assert usual - 0.01 <= size_of(architecture_of(shape), name).bits_per_weight < usual + 4.5
