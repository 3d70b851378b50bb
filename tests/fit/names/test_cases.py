"""The names that were labelled by hand, and the rules beyond them."""

import json

import pytest

from hearthub.fit.names import LONGEST, NameFacts, parse_name
from needs import needs_data


def test_every_labelled_case() -> None:
    cases = json.loads(needs_data("naming_cases.json").read_text())
    assert len(cases) >= 42
    wrong = {
        case["name"]: (found, case["expect"])
        for case in cases
        if (found := parse_name(case["name"]).to_json()) != case["expect"]
    }
    assert wrong == {}


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("a/bloomz-7b1", {"t": 7.1}),
        ("a/stablelm-2-1_6b", {"t": 1.6}),
        ("a/smollm-1p7b-100B-tokens", {"t": 1.7}),
        ("a/sft_pythia2-8b", {"t": 2.8}),
        ("a/llama3-8b", {"t": 8}),
        ("allenai/OLMoE-1B-7B-0924", {"t": 7, "a": 1}),
        ("a/granite-3.0-3b-a800m-base", {"t": 3, "a": 0.8}),
        ("a/Qwythos-9B-5-1M", {"t": 9}),
        ("a/qwen-05b", {"t": 0.5}),
        ("a/Mixtral_7Bx2_MoE", {"x": 2, "per": 7}),
        ("a/Llama3.2.1B.0.1", {"t": 1}),
        ("a/Infinity-3M-Llama3-70B", {"t": 70}),
        ("a/Emo-1T-14B-A1B", {"t": 14, "a": 1}),
        ("a/Qwen3-1.7B-Distilled-30B-A3B", {"t": 1.7, "v": ["distill"]}),
        ("a/gemma-4-E4B-JANG_4M", {"e": 4}),
        ("a/qwen3_5_0_8b-tuned", {"t": 0.8}),
        ("a/Mistral7B-PairRM", {"t": 7}),
        ("a/evo-qwen72b-v0.8", {"t": 72}),
        ("a/a1c3b", {}),
        ("a/GEMMAE4B", {}),
        ("a/serial-99999T", {}),
        ("a/Qwen2.5-VL", {}),
    ],
)
def test_sizes(name: str, facts: dict[str, object]) -> None:
    assert parse_name(name).to_json() == facts


@pytest.mark.parametrize(
    ("name", "label", "family", "bits"),
    [
        ("a/m-i1-GGUF", None, "gguf", None),
        ("m.i1-IQ3_XXS.gguf", "IQ3_XXS", "gguf", None),
        ("f16/m-Q4_0-BF16.gguf", "BF16", "gguf", None),
        ("m-UD-Q4_K_XL.gguf", "UD-Q4_K_XL", "gguf", None),
        ("a/m-Q8_0", "Q8_0", "gguf", None),
        ("a/m-oQ4e", None, "mlx", 4),
        ("mlx-community/m-bf16", None, "mlx", None),
        ("a/m-4bit", None, None, 4),
        ("a/m-int4-ov-openvino", "INT4", "openvino", 4),
        ("a/m-W4A16", "W4A16", "int4", 4),
        ("a/m-GPTQ-4bit", "GPTQ", "gptq", 4),
        ("a/m-nf4", "NF4", "bnb", None),
        ("a/m-64bit-128bit", None, None, None),
        ("a/seq4-w8", None, None, None),
    ],
)
def test_quantisation(name: str, label: str | None, family: str | None, bits: int | None) -> None:
    facts = parse_name(name)
    assert (facts.label, facts.family, facts.bits) == (label, family, bits)


@pytest.mark.parametrize(
    ("name", "billions"), [("Mixtral-8x7B", 46.7), ("Mixtral-8x22B", 140.6), ("Calme-4x7B", 24.15)]
)
def test_size_of_a_mixture(name: str, billions: float) -> None:
    """The sums of Mixtral and of merges of four Mistrals, from their headers."""
    size = parse_name(name).size
    assert size is not None
    assert abs(size - billions) < 0.1 * billions


def test_a_long_name_says_nothing() -> None:
    assert parse_name("a" * (LONGEST - 3) + "-7B") == NameFacts(total=7)
    assert parse_name("a" * (LONGEST - 2) + "-7B") == NameFacts()
    assert parse_name("f/" * 10**6 + "m-7B") == NameFacts(total=7)
