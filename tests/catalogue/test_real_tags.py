"""Our tags beside the Hub's, on thousands of real models.

A row has what the Hub read: the card and, in its tags, what the files said. We compute the tags
again from the card, and from files, a model type and a class that stand for what the tags tell:
families that come from cards alone are a comparison of everything, the others one of the rules that
follow from a model's type and task. The rows are strangers' texts: nothing of them is kept here.

To see every family with what misses:
`HEARTHUB_DATA_KIT=... PYTHONPATH=tests python tests/catalogue/test_real_tags.py`
"""

import json
from collections import defaultdict
from typing import Any

import pytest

from hearthub.catalogue.facts import Facts, model_facts
from hearthub.catalogue.known import TASKS
from hearthub.catalogue.model_files import FORMATS
from hearthub.catalogue.tag_types import tag_type
from needs import needs_data

ROWS = "hub_stats_frozen/hub_stats_frozen.parquet"
RADAR = "radar/models_latest.parquet"
# Stand-ins for the files that gave a tag.
FILES = {
    "pytorch": "pytorch_model.bin",
    "tf": "tf_model.h5",
    "jax": "flax_model.msgpack",
    "rust": "rust_model.ot",
    "openvino": "openvino_model.xml",
    "tensorboard": "runs/events.out.tfevents.1",
    "coreml": "coreml/m.mlpackage/Manifest.json",
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
BITS = {f"{bits}-bit": bits for bits in range(2, 9)}
METHODS = set("awq gptq bitsandbytes compressed-tensors fp8 mxfp4 modelopt auto-round".split())
SERVED = {"text-generation-inference", "text-embeddings-inference", "endpoints_compatible"}
MARKS = SERVED | {"conversational", "custom_code"}
# Family -> the precision and recall that we reach at least, rounded down.
FLOORS = {
    "license": (1, 1),
    "dataset": (1, 1),
    "tags": (1, 1),
    # Two cards write `\no` for Norwegian: a language to us, nothing to the Hub.
    "language": (0.999, 1),
    # Bases that still have the name on the card; the Hub renames and drops those that are gone.
    "base_model": (1, 1),
    # Of merges the Hub counts only the bases that still exist: 31 with one left are finetunes.
    "relation": (0.985, 0.985),
    "library": (0.999, 0.998),  # four rows do not show that they have a config
    "pipeline_tag": (1, 0.999),  # nor does one of these
    "model-index": (1, 1),
    "conversational": (1, 0.999),
    "quantization": (1, 1),  # methods and bits as given, `8-bit` by the weights' dtypes
    "text-generation-inference": (0.998, 0.995),
    "text-embeddings-inference": (0.9, 0.98),  # ten have no fast tokenizer, which no tag shows
    "endpoints_compatible": (0.997, 0.985),
}


class Score:
    """Counts of tags, and the first that differ."""

    def __init__(self) -> None:
        self.both = self.ours = self.theirs = 0
        self.differs: list[str] = []

    def add(self, name: str, ours: set[str], theirs: set[str]) -> None:
        self.both += len(ours & theirs)
        self.ours += len(ours)
        self.theirs += len(theirs)
        self.differs += [f"{name} misses {tag}" for tag in sorted(theirs - ours)]
        self.differs += [f"{name} has {tag}" for tag in sorted(ours - theirs)]

    @property
    def precision(self) -> float:
        return self.both / max(self.ours, 1)

    @property
    def recall(self) -> float:
        return self.both / max(self.theirs, 1)


class Row:
    """One model, taken apart: what its card says, and what its tags say of its files."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.row, self.tags, self.there = row, row["tags"], set(row["tags"])
        self.card = json.loads(row["cardData"] or "{}")
        self.own = set(listed(self.card.get("tags"))) | set(listed(self.card.get("language")))
        start = end = 1 if row["library_name"] in self.tags[:1] else 0
        while end < len(self.tags) and self.tags[end] in FORMATS:
            end += 1
        self.formats = self.tags[start:end]
        self.kind, self.task = self._inferred(self.tags[end:])
        # Since August 2024 the Hub takes no library from `config.json` alone. We still do: nobody
        # who pushes a folder to a hub of their own would write it into a card.
        self.is_silent = bool(
            not self.card.get("library_name") and row["library_name"] is None and self.kind
        )

    def _inferred(self, rest: list[str]) -> tuple[str | None, str | None]:
        """Model type and task of `config.json`: they stand before the card's own tags."""
        own = [tag for tag in listed(self.card.get("tags")) if tag in rest]
        before = rest[: rest.index(own[0])] if own else rest[:2]
        if own and not before and len(rest) > 1 and rest[1] not in own:
            before = rest[:2]  # the card's first tag is the model type too
        languages = listed(self.card.get("language"))
        before = [t for t in before if ":" not in t and t not in MARKS and t not in languages]
        task = next((tag for tag in before[:2] if tag in CLASSES), None)
        task = task or next((tag for tag in rest[1:2] if before and tag in CLASSES), None)
        return (before[0] if before and before[0] != task else None), task

    def facts(self) -> Facts:
        gguf = json.loads(self.row["gguf"] or "{}")
        region = next(n for n, tag in enumerate(self.tags) if tag.startswith("region:"))
        template = "conversational" in set(self.tags[:region]) - self.own
        weights = {
            dtype: number
            for dtype, number in ((self.row["safetensors"] or {}).get("parameters") or {}).items()
            if number
        }
        return model_facts(
            self._paths(),
            self.card,
            "",
            self._config(),
            "us",
            {"parameters": weights, "total": sum(weights.values())} if weights else None,
            tokenizer={"chat_template": "x"} if template else {},
            gguf=gguf,
        )

    def _paths(self) -> list[str]:
        paths = ["tokenizer.json", *(FILES.get(kind, f"model.{kind}") for kind in self.formats)]
        if self.kind:
            paths.append("config.json")
        if self.row["library_name"] == "diffusers":
            paths.append("model_index.json")
        if "eval-results" in self.there:
            paths.append(".eval_results/x.yaml")
        return paths

    def _config(self) -> dict[str, Any]:
        config: dict[str, Any] = {"model_type": self.kind} if self.kind else {}
        if self.task and self.kind:
            config |= {"architectures": [CLASSES[self.task]], "vision_config": {}}
        told = self.there - self.own
        if "custom_code" in told:
            config["auto_map"] = {"AutoConfig": "x.Y"}
        settings: dict[str, Any] = {}
        for tag in self.tags:
            if tag in METHODS & told:
                settings["quant_method"] = tag
            elif tag in told and BITS.get(tag, 8) < 8:
                settings["bits"] = BITS[tag]
        return config | ({"quantization_config": settings} if settings else {})


def listed(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [str(item).strip().strip("\\") for item in values if item is not None]


def compare(row: Row, scores: dict[str, Score]) -> None:
    facts, name = row.facts(), row.row["id"]
    ours = set(facts.tags)
    for family in ("license", "dataset"):
        scores[family].add(name, prefixed(ours, family), prefixed(row.there, family))
    for key in ("language", "tags"):
        wanted = set(listed(row.card.get(key)))
        scores[key].add(name, wanted & ours, wanted & {tag.strip() for tag in row.there})
    told = row.there - row.own
    words = {word: {word} for word in FLOORS} | {"quantization": METHODS | set(BITS)}
    for family in ("quantization", "model-index", "conversational", *SERVED):
        if not (row.is_silent and family in SERVED):
            scores[family].add(name, words[family] & ours - row.own, words[family] & told)
    compare_fields(row, facts, scores)


def compare_fields(row: Row, facts: Facts, scores: dict[str, Score]) -> None:
    name, recorded = row.row["id"], row.row["baseModels"] or {}
    alive = {f"base_model:{model['id']}" for model in recorded.get("models", ())}
    alive &= {f"base_model:{base}" for base in listed(row.card.get("base_model"))}
    scores["base_model"].add(name, alive & set(facts.tags), alive & row.there)
    if alive and recorded["relation"]:
        scores["relation"].add(name, {str(facts.relation)}, {recorded["relation"]})
    if not row.is_silent:
        scores["library"].add(name, one(facts.library), one(row.row["library_name"]))
    scores["pipeline_tag"].add(name, one(facts.pipeline_tag), one(row.row["pipeline_tag"]))


def prefixed(tags: set[str], family: str) -> set[str]:
    return {tag for tag in tags if tag.startswith(f"{family}:")}


def one(value: str | None) -> set[str]:
    return {value} if value else set()


def read(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (
        pytest.importorskip("pyarrow.parquet").read_table(needs_data(name)).to_pylist()
    )
    return rows


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return [Row(row) for row in read(ROWS)]


@pytest.fixture(scope="module")
def scores(rows: list[Row]) -> dict[str, Score]:
    found: dict[str, Score] = defaultdict(Score)
    for row in rows:
        compare(row, found)
    return found


@pytest.mark.parametrize("family", FLOORS)
def test_tags_as_the_hub_has_them(scores: dict[str, Score], family: str) -> None:
    score = scores[family]
    assert score.theirs > 10, "the rows have none to compare"
    told = f"precision {score.precision:.4f}, recall {score.recall:.4f} of {score.theirs}"
    precision, recall = FLOORS[family]
    assert score.precision >= precision, f"{told}: {score.differs[:20]}"
    assert score.recall >= recall, f"{told}: {score.differs[:20]}"


def test_tags_in_the_order_of_the_hub(rows: list[Row]) -> None:
    """Base models aside, whose order the Hub does not keep."""
    differs = []
    for row in rows:
        theirs = [tag for tag in row.tags if not tag.startswith("base_model:")]
        ours = row.facts().tags
        shared = set(ours) & set(theirs)
        if [tag for tag in ours if tag in shared] != [tag for tag in theirs if tag in shared]:
            differs.append(row.row["id"])
    assert len(differs) < len(rows) * 0.005, differs[:20]


def test_the_tasks_of_real_models_are_known() -> None:
    tasks = {row["pipeline_tag"] for name in (ROWS, RADAR) for row in read(name)}
    assert tasks - TASKS <= {None, "other"}


def test_every_real_tag_has_a_type() -> None:
    counts: dict[str, int] = defaultdict(int)
    for row in read(RADAR):
        for tag in row["tags"]:
            counts[tag_type("model", tag)] += 1
    assert {"pipeline_tag", "library", "license", "dataset", "language"} <= set(counts)
    assert {"base_model", "arxiv", "region", "other"} <= set(counts)


if __name__ == "__main__":
    table: dict[str, Score] = defaultdict(Score)
    for raw in read(ROWS):
        compare(Row(raw), table)
    for name, score in sorted(table.items()):
        print(f"{name:28}{score.precision:8.4f}{score.recall:8.4f}{score.theirs:8}")
        print("\n".join(f"    {line}" for line in score.differs[:10]))
