"""Our tags beside the Hub's, on thousands of real models.

A row has what the Hub read: the card and, in its tags, what the files said. We compute the tags
again from the card, and from files, a model type and a class that stand for what the tags tell;
families that come from cards alone are thereby a real comparison, the others one of the rules that
follow from a model's type and task. The rows are strangers' texts: nothing of them is kept here.
"""

import json
import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hearthub.catalogue.facts import Facts, model_facts
from hearthub.catalogue.model_files import FORMATS
from needs import needs_data

ROWS = "hub_stats_frozen/hub_stats_frozen.parquet"
# Stand-ins for the files that gave a tag.
FILES = {
    "pytorch": "pytorch_model.bin",
    "tf": "tf_model.h5",
    "jax": "flax_model.msgpack",
    "rust": "rust_model.ot",
    "openvino": "openvino_model.xml",
    "tensorboard": "runs/events.out.tfevents.1",
    "coreml": "coreml/m.mlpackage/Manifest.json",
    "joblib": "m.joblib",
}
CLASSES = {
    "text-generation": "XForCausalLM",
    "text2text-generation": "T5ForConditionalGeneration",
    "feature-extraction": "XModel",
    "text-classification": "XForSequenceClassification",
    "image-text-to-text": "XForConditionalGeneration",
    "zero-shot-image-classification": "CLIPModel",
    "automatic-speech-recognition": "WhisperForConditionalGeneration",
}
BITS = {f"{bits}-bit": bits for bits in (2, 3, 4, 5, 6)}
METHODS = {
    "awq", "gptq", "bitsandbytes", "compressed-tensors", "fp8", "mxfp4", "modelopt", "auto-round"
}  # fmt: skip
# Family -> least precision and recall that we reach. What misses is told beside each.
FLOORS = {
    "license": (1, 1),
    "language": (1, 1),
    "dataset": (1, 1),
    "tags": (1, 1),
    "library": (0.99, 0.99),
    "pipeline_tag": (0.99, 0.99),
    "base_model": (0.99, 0.99),
    "relation": (0.99, 0.99),
    "model-index": (1, 1),
    "conversational": (0.99, 0.99),
    "text-generation-inference": (0.99, 0.99),
    "text-embeddings-inference": (0.9, 0.9),
    "endpoints_compatible": (0.95, 0.99),
    "quantization": (0.95, 0.95),
}


@pytest.fixture(scope="module")
def scores() -> dict[str, "Score"]:
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = parquet.read_table(needs_data(ROWS)).to_pylist()
    found: dict[str, Score] = defaultdict(Score)
    for row in rows:
        compare(Row(row), found)
    return found


class Score:
    def __init__(self) -> None:
        self.both = self.ours = self.theirs = 0
        self.missed: list[tuple[str, str]] = []
        self.wrong: list[tuple[str, str]] = []

    def add(self, name: str, ours: set[str], theirs: set[str]) -> None:
        self.both += len(ours & theirs)
        self.ours += len(ours)
        self.theirs += len(theirs)
        self.missed += [(name, tag) for tag in sorted(theirs - ours)]
        self.wrong += [(name, tag) for tag in sorted(ours - theirs)]

    @property
    def precision(self) -> float:
        return self.both / self.ours if self.ours else 1

    @property
    def recall(self) -> float:
        return self.both / self.theirs if self.theirs else 1


class Row:
    """One model, taken apart: what the card says, and what the tags say of the files."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.row, self.tags = row, row["tags"]
        self.card = json.loads(row["cardData"] or "{}")
        self.own = set(listed(self.card.get("tags"))) | set(listed(self.card.get("language")))
        self.there = set(self.tags)
        start = 1 if row["library_name"] in self.tags[:1] else 0
        end = start
        while end < len(self.tags) and self.tags[end] in FORMATS:
            end += 1
        self.formats = self.tags[start:end]
        self.kind, self.task = self._inferred(self.tags[end:])
        # Since August 2024 the Hub takes no library from `config.json` alone; we still do, as
        # nobody who pushes a folder to a hub of their own would write it into a card.
        self.is_silent = bool(
            not self.card.get("library_name") and row["library_name"] is None and self.kind
        )

    def _inferred(self, rest: list[str]) -> tuple[str | None, str | None]:
        """Model type and task of `config.json`: they stand before the card's own tags."""
        own = [tag for tag in listed(self.card.get("tags")) if tag in rest]
        before = rest[: rest.index(own[0])] if own else rest[:2]
        if own and not before and len(rest) > 1 and rest[1] not in own:
            before = rest[:2]  # the card's first tag is the model type too
        before = [tag for tag in before if ":" not in tag and tag not in MARKS]
        before = [tag for tag in before if tag not in listed(self.card.get("language"))]
        task = next((tag for tag in before[:2] if tag in CLASSES), None)
        task = task or next((tag for tag in rest[1:2] if before and tag in CLASSES), None)
        kind = before[0] if before and before[0] != task else None
        return kind, task

    def facts(self) -> Facts:
        quantized = self.there - self.own
        settings: dict[str, Any] = {}
        for tag, bits in BITS.items():
            if tag in quantized:
                settings["bits"] = bits
        for method in METHODS & quantized:
            settings["quant_method"] = method
        config: dict[str, Any] = {"quantization_config": settings} if settings else {}
        paths = ["tokenizer.json"] + [FILES.get(kind, f"model.{kind}") for kind in self.formats]
        if self.kind:
            config["model_type"] = self.kind
            paths.append("config.json")
        if self.task and self.kind:
            config["architectures"] = [CLASSES[self.task]]
            config["vision_config"] = {}
        if "custom_code" in quantized:
            config["auto_map"] = {"AutoConfig": "x.Y"}
        if self.row["library_name"] == "peft" and not self.card.get("library_name"):
            paths.append("adapter_config.json")
        if self.row["library_name"] == "diffusers":
            paths.append("model_index.json")
        if "eval-results" in self.there:
            paths.append(".eval_results/x.yaml")
        gguf = json.loads(self.row["gguf"] or "{}")
        template = "conversational" in quantized and not gguf
        safetensors = self.row["safetensors"]
        weights = {k: v for k, v in (safetensors or {}).get("parameters", {}).items() if v}
        return model_facts(
            paths,
            self.card,
            "",
            config,
            "us",
            {"parameters": weights, "total": sum(weights.values())} if weights else None,
            tokenizer={"chat_template": "x"} if template else {},
            gguf=gguf,
        )


SERVED = {"text-generation-inference", "text-embeddings-inference", "endpoints_compatible"}
MARKS = {"conversational", "custom_code", "endpoints_compatible", "text-generation-inference"}


def listed(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [str(item) for item in values if item is not None]


def compare(row: Row, scores: dict[str, Score]) -> None:
    facts, name = row.facts(), row.row["id"]
    ours = set(facts.tags)
    for family, tags in families(row):
        if row.is_silent and family in SERVED:
            continue
        scores[family].add(name, ours & tags[0] if tags[0] else prefixed(ours, family), tags[1])
    recorded = row.row["baseModels"] or {}
    bases = {model["id"] for model in recorded.get("models", ())}
    kept = {base for base in facts.base_models if base in bases}
    scores["base_model"].add(name, prefixed_bases(ours, kept), prefixed_bases(row.there, kept))
    if bases and recorded["relation"]:
        scores["relation"].add(name, {str(facts.relation)}, {recorded["relation"]})
    if not row.is_silent:
        scores["library"].add(name, one(facts.library), one(row.row["library_name"]))
    scores["pipeline_tag"].add(name, one(facts.pipeline_tag), one(row.row["pipeline_tag"]))


def families(row: Row) -> Iterator[tuple[str, tuple[set[str], set[str]]]]:
    for family in ("license", "dataset"):
        yield family, (set(), prefixed(row.there, family))
    for family, key in (("language", "language"), ("tags", "tags")):
        wanted = {tag.strip().strip("\\") for tag in listed(row.card.get(key))}
        yield family, (wanted, wanted & {tag.strip() for tag in row.there})
    unowned = row.there - row.own
    for family in ("model-index", "conversational", "text-generation-inference"):
        yield family, ({family} - row.own, {family} & unowned)
    for family in ("text-embeddings-inference", "endpoints_compatible"):
        yield family, ({family} - row.own, {family} & unowned)
    words = METHODS | set(BITS) | {"8-bit"}
    yield "quantization", (words - row.own, words & unowned)


def prefixed(tags: set[str], family: str) -> set[str]:
    return {tag for tag in tags if tag.startswith(f"{family}:")}


def prefixed_bases(tags: set[str], bases: set[str]) -> set[str]:
    return {tag for tag in tags if tag in {f"base_model:{base}" for base in bases}}


def one(value: str | None) -> set[str]:
    return {value} if value else set()


@pytest.mark.parametrize("family", sorted(FLOORS))
def test_tags_as_the_hub_has_them(scores: dict[str, Score], family: str) -> None:
    score = scores[family]
    assert score.theirs > 10, "the rows have none to compare"
    precision, recall = FLOORS[family]
    told = f"precision {score.precision:.4f}, recall {score.recall:.4f} of {score.theirs}"
    assert score.precision >= precision, f"{told}; wrong: {score.wrong[:20]}"
    assert score.recall >= recall, f"{told}; missed: {score.missed[:20]}"


if __name__ == "__main__":  # what the floors rest on
    import pyarrow.parquet

    table: dict[str, Score] = defaultdict(Score)
    for raw in pyarrow.parquet.read_table(Path(os.environ["HEARTHUB_DATA_KIT"]) / ROWS).to_pylist():
        compare(Row(raw), table)
    for family, score in sorted(table.items()):
        print(f"{family:28}{score.precision:7.4f}{score.recall:7.4f}{score.theirs:7}")
        print("   wrong ", score.wrong[:8], "\n   missed", score.missed[:8])
