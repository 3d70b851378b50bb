"""Licences, bases and teachers: what is declared and what we made of names."""

import re
from typing import Any

import pytest

from hearthub.fit.lineage import Edge, Licence, edges, licences, relation, teacher_of_name
from needs import needs_data

FINETUNE = ("finetune", False)


def signs(**given: bool) -> dict[str, bool]:
    return {"is_adapter": False, "is_merge": False, "is_quantized": False} | given


@pytest.mark.parametrize(
    ("declared", "bases", "given", "expected"),
    [
        ("merge", 1, {}, ("merge", True)),
        ("quantized", 1, {"is_adapter": True}, ("quantized", True)),
        (None, 1, {"is_adapter": True, "is_quantized": True}, ("adapter", False)),
        (None, 2, {"is_merge": True, "is_quantized": True}, ("merge", False)),
        (None, 1, {"is_merge": True}, ("finetune", False)),
        (None, 1, {"is_quantized": True}, ("quantized", False)),
        ("child", 1, {}, ("finetune", False)),
        (["merge"], 1, {}, ("finetune", False)),
    ],
)
def test_relation(
    declared: object, bases: int, given: dict[str, bool], expected: tuple[str, bool]
) -> None:
    assert relation(declared, bases, **signs(**given)) == expected


def test_bases_each_once_with_where_they_stand() -> None:
    found = edges(
        "alice/x",
        {"base_model": ["meta/a", "meta/b"]},
        ("adapter", False),
        adapter_base="META/A",
        header_bases=["meta/c"],
        tags=["base_model:meta/b", "base_model:adapter:meta/b", "base_model:meta/d"],
    )
    assert [(edge.name, edge.evidence) for edge in found] == [
        ("meta/a", "card"),
        ("meta/b", "card"),
        ("meta/c", "header"),
        ("meta/d", "tag"),
    ]
    assert all(edge.is_declared and edge.relation == "adapter" for edge in found)
    assert not any(edge.is_relation_declared for edge in found)


def test_no_model_is_its_own_base() -> None:
    assert edges("alice/X", {"base_model": "alice/x"}, FINETUNE) == []  # type: ignore[arg-type]


def test_a_teacher_is_an_edge_of_its_own() -> None:
    found = edges(
        "Jackrong/Qwen3.5-27B-Claude-4.6-Opus-Reasoning-Distilled",
        {"base_model": "Qwen/Qwen3.5-27B"},
        ("finetune", True),
    )
    assert found == [
        Edge("Qwen/Qwen3.5-27B", "finetune", True, True, "card"),
        Edge("Claude-4.6-Opus", "distilled", False, False, "name"),
    ]


def test_a_teacher_that_the_card_names_is_declared() -> None:
    card = {"teacher_model": "deepseek-ai/DeepSeek-R1"}
    found = edges("a/DeepSeek-R1-Distill-Qwen-7B", card, ("finetune", False))
    assert found == [Edge("deepseek-ai/DeepSeek-R1", "distilled", True, True, "card")]


@pytest.mark.parametrize(
    ("name", "teacher"),
    [
        ("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", "DeepSeek-R1"),
        ("cmcheng/DeepMath-GRPO_DeepSeek-R1-Distill-Qwen-1.5B", "DeepSeek-R1"),
        ("a/DeepSeek-R1-ReDistill-Llama3-8B-v1.1", "DeepSeek-R1"),
        ("a/Qwen3.8-27B-Claude-Opus-Reasoning-Distilled-GGUF", "Claude-Opus"),
        ("a/Qwen3.5-4b-opus-distilled-mlx-q4", "opus"),
        ("a/Qwen3.5-9B-GLM5.1-Distill-v1-FP8", "GLM5.1"),
        ("a/MuXodious-gpt-4o-distill-Llama-3.1-8B-Instruct", "gpt-4o"),
        ("a/Qwen3-4B-Thinking-2507-Qwen3.8-Max-Distillation", "Qwen3.8-Max"),
        ("a/Qwen3.5-0.8B-Distilled-Qwen3.8-Max", "Qwen3.8-Max"),
        ("a/SmolLM2-R1-Distill", "R1"),
        # the model itself, made smaller or quicker
        ("distilbert/distilbert-base-uncased", None),
        ("distilbert/distilgpt2", None),
        ("a/LTX-2.5-22b-distilled", None),
        ("facebook/nllb-200-distilled-600M", None),
        ("a/Qwen3-0.6B-Distilled-30B-A3B", None),
        ("a/QwQ-0.5B-Distilled-SFT", None),
        ("a/Llama-8B-Distill-CoT", None),
        ("a/Qwen3.8-Distill-35B-A3B-Coder", None),
        ("a/adtc-health-distilled-qwen2.5-1.5b", None),
        # named for a model, not distilled
        ("anthropic/claude-4.6-opus-notes", None),
        ("deepseek-ai/DeepSeek-R1", None),
        ("a/paper_knowledge_distillation", None),
        ("", None),
    ],
)
def test_teacher_of_a_name(name: str, teacher: str | None) -> None:
    assert teacher_of_name(name) == teacher


@pytest.mark.parametrize(
    ("body", "teacher"),
    [
        ("It was distilled from [DeepSeek-V3](x) with care.", "DeepSeek-V3"),
        ("distilled from deepseek-ai/DeepSeek-R1-0528.", "deepseek-ai/DeepSeek-R1-0528"),
        ("It is distilled from the GPT-5.2 model", "GPT-5.2"),
        ("The teacher model is Qwen3-235B.", "Qwen3-235B"),
        ("distilled from a large corpus of text", None),
        ("Knowledge was distilled from Several sources", None),
        ("", None),
    ],
)
def test_teacher_of_a_text(body: str, teacher: str | None) -> None:
    found = [edge.name.rstrip(".") for edge in edges("a/b", {}, ("finetune", False), body=body)]
    assert found == ([teacher] if teacher else [])


def test_licences() -> None:
    other: dict[str, Any] = {
        "license": "other",
        "license_name": "my-own",
        "license_link": "LICENSE",
    }
    assert licences(other) == [Licence("my-own", "LICENSE", True)]
    assert licences({"license": ["mit", "apache-2.0"]}, ["license:x"]) == [
        Licence("mit", None, True),
        Licence("apache-2.0", None, True),
    ]
    assert licences({}, ["en", "license:llama3.1"]) == [Licence("llama3.1", None, False)]
    assert licences({"license": {"a": 1}}) == []


@pytest.mark.parametrize(
    "unit", ["distill", "claude-", "distilled from ", "distilled from [", "1.", "-opus-4"]
)
def test_long_names_and_texts_end(unit: str) -> None:
    long = (unit * 200_000)[:1_000_000]
    card = {"base_model": [long, "a/b"], "license": long, "teacher": {"x": long}}
    assert next(edge.name for edge in edges(long, card, ("merge", False), body=long)) == "a/b"


def test_names_of_real_models() -> None:
    """Of those with the word in their name, the teacher is one of a list; none is made up."""
    import pyarrow.parquet as pq

    path = needs_data("radar/models_latest.parquet")
    names = [name for name in pq.read_table(path)["id"].to_pylist() if "distil" in name.lower()]
    teachers = {name: teacher for name in names if (teacher := teacher_of_name(name))}
    assert len(names) > 200
    assert len(teachers) >= 55
    known = re.compile("deepseek|r1|claude|opus|fable|gpt|glm|qwen.*max", re.IGNORECASE)
    assert [teacher for teacher in teachers.values() if not known.match(teacher)] == []
    assert not any("distilbert" in name.lower() for name in teachers)
