"""What a model is: licence, lineage, results, abilities, quantisation, from where each stands."""

from pathlib import Path
from typing import Any

import pytest

from fit.answers.models import (
    SMALL,
    card,
    llama_tensors,
    shown,
    write_llama,
    write_llama_gguf,
    write_texts,
)
from fit.weight_files import write_safetensors
from hearthub.fit.identity import Identity
from hearthub.fit.lineage import Edge
from hearthub.fit.templates import Abilities

TOOLS = "{% if tools %}{{ tools }}{% endif %}"
THINKS = "{% if enable_thinking %}<think>{% endif %}"


def identity(path: Path, name: str = "alice/thing") -> Identity:
    return shown(path, name).identity


def test_all_that_a_card_declares(tmp_path: Path) -> None:
    body = "It was distilled from DeepSeek-R1 by hand."
    result = {
        "task": {"type": "text-generation"},
        "dataset": {"name": "MMLU (5-shot)", "type": "cais/mmlu", "split": "test"},
        "metrics": [{"type": "acc", "value": 71.5}],
        "source": {"name": "ours", "url": "https://example.org/run"},
    }
    metadata: dict[str, Any] = {
        "license": "other",
        "license_name": "llama3.1",
        "license_link": "https://example.org/licence",
        "base_model": ["meta-llama/Llama-3.1-8B", "mistralai/Mistral-7B"],
        "base_model_relation": "merge",
        "pipeline_tag": "text-generation",
        "model-index": [{"name": "thing", "results": [result]}],
    }
    it = identity(write_llama(tmp_path, **{"README.md": card(body, **metadata)}))
    (licence,) = it.licences
    assert (licence.name, licence.link, licence.is_declared) == (
        *("llama3.1", "https://example.org/licence"),
        True,
    )
    assert it.edges == (
        Edge("meta-llama/Llama-3.1-8B", "merge", True, True, "card"),
        Edge("mistralai/Mistral-7B", "merge", True, True, "card"),
        Edge("DeepSeek-R1", "distilled", False, False, "card text"),
    )
    (found,) = it.evaluations
    assert (found.benchmark, found.metric, found.value) == ("cais/mmlu", "acc", 71.5)
    assert dict(found.setting) == {"shots": "5", "split": "test"}
    assert (found.source, found.is_self_reported) == ("https://example.org/run", True)


def test_results_in_files_of_their_own(tmp_path: Path) -> None:
    results = "- dataset: {id: cais/hle, task_id: default}\n  value: 20.9\n  notes: no-tools\n"
    files = {".eval_results/hle.yaml": results, ".eval_results/bad.yaml": "{: - ]["}
    found = identity(write_texts(write_llama(tmp_path), files))
    (result,) = found.evaluations
    assert (result.benchmark, result.value, dict(result.setting)["notes"]) == (
        *("cais/hle", 20.9),
        "no-tools",
    )
    assert any("bad.yaml" in warning for warning in found.warnings)


def test_a_teacher_in_a_name_is_inferred(tmp_path: Path) -> None:
    it = identity(write_llama(tmp_path), "x/Qwen3.5-27B-Claude-4.6-Opus-Reasoning-Distilled")
    (edge,) = it.edges
    assert (edge.relation, edge.is_declared, edge.evidence) == ("distilled", False, "name")
    assert edge.name.startswith("Claude-4.6")


def test_relations_that_nobody_declared(tmp_path: Path) -> None:
    made = card(base_model="meta-llama/Llama-3.1-8B")
    tuned = identity(write_llama(tmp_path / "a", **{"README.md": made}))
    packed = write_llama_gguf(tmp_path / "b" / "m-Q4_K_M.gguf").parent
    quantized = identity(write_texts(packed, {"README.md": made}))
    assert [(e.relation, e.is_relation_declared) for e in tuned.edges] == [("finetune", False)]
    assert [(e.relation, e.is_declared) for e in quantized.edges] == [("quantized", True)]


def test_a_16_bit_variant_is_not_quantised(tmp_path: Path) -> None:
    write_safetensors(tmp_path / "model.fp16.safetensors", llama_tensors(dtype="F16"))
    made = {"config.json": SMALL, "README.md": card(base_model="meta-llama/Llama-3.1-8B")}
    it = identity(write_texts(tmp_path, made))
    assert [edge.relation for edge in it.edges] == ["finetune"]


def test_what_a_gguf_header_says_of_itself(tmp_path: Path) -> None:
    path = write_llama_gguf(
        tmp_path / "m-Q4_K_M.gguf",
        general__license="apache-2.0",
        general__base_model__count=1,
        general__base_model__0__repo_url="https://huggingface.co/meta-llama/Llama-3.1-8B",
        tokenizer__chat_template=TOOLS + THINKS,
    )
    it = identity(write_texts(path.parent, {"chat_template.jinja": "nothing"}))
    assert [each.name for each in it.licences] == ["apache-2.0"]
    assert [(e.name, e.evidence) for e in it.edges] == [("meta-llama/Llama-3.1-8B", "header")]
    assert it.abilities == Abilities(True, "switch", "enable_thinking")
    assert (it.architecture, it.family, it.context_max) == ("llama", "llama", 32768)
    assert it.quantization.label == "Q4_K_M"
    assert it.quantization.bits_per_weight == 4.5
    assert it.quantization.format == "gguf"
    assert it.modality.main_use == "text-generation"


def test_abilities_of_the_tokenizer_and_of_a_file_of_its_own(tmp_path: Path) -> None:
    folder = write_llama(tmp_path, **{"tokenizer_config.json": {"chat_template": THINKS}})
    assert identity(folder).abilities == Abilities(False, "switch", "enable_thinking")
    write_texts(folder, {"chat_template.jinja": TOOLS})
    assert identity(folder).abilities == Abilities(True)
    (folder / "chat_template.jinja").unlink()
    write_texts(folder, {"chat_template.json": {"chat_template": TOOLS + THINKS}})
    assert identity(folder).abilities == Abilities(True, "switch", "enable_thinking")


def test_no_template_is_not_no_tools(tmp_path: Path) -> None:
    assert identity(write_llama(tmp_path)).abilities is None


def test_a_template_is_never_expanded(tmp_path: Path) -> None:
    bomb = "{% for i in range(10**12) %}{{ ''.__class__.__mro__ }}{% endfor %}" + "{{" * 10**4
    folder = write_llama(tmp_path, **{"tokenizer_config.json": {"chat_template": bomb}})
    assert identity(folder).abilities == Abilities()


@pytest.mark.parametrize(
    ("quantization", "dtype", "method"),
    [
        ({"quant_method": "fp8"}, "F8_E4M3", "fp8"),
        ({"quant_method": "fbgemm_fp8"}, "F8_E4M3", "fp8"),
        ({"quant_method": "bitsandbytes", "load_in_8bit": True}, "I8", "bitsandbytes"),
        ({"quant_method": ["a list"]}, "BF16", None),
    ],
)
def test_quantisation(tmp_path: Path, quantization: Any, dtype: str, method: str | None) -> None:
    write_safetensors(tmp_path / "model.safetensors", llama_tensors(dtype=dtype))
    config = SMALL | {"quantization_config": quantization}
    found = identity(write_texts(tmp_path, {"config.json": config})).quantization
    assert (found.method, found.format) == (method, "safetensors")
    assert found.bits_per_weight == (16.0 if dtype == "BF16" else 8.0)


def test_mlx_is_told_from_safetensors(tmp_path: Path) -> None:
    config = SMALL | {"quantization": {"group_size": 64, "bits": 4}}
    found = shown(write_llama(tmp_path, config)).identity.quantization
    assert (found.format, found.label) == ("mlx", "4bit")


def test_a_context_that_only_the_tokenizer_tells(tmp_path: Path) -> None:
    config = {key: value for key, value in SMALL.items() if key != "max_position_embeddings"}
    for stated, found in ((4096, 4096), (10**30, None), ("many", None), (True, None)):
        texts = {"config.json": config, "tokenizer_config.json": {"model_max_length": stated}}
        assert identity(write_texts(tmp_path, texts)).context_max == found
