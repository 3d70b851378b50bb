"""What people do with datasets and a hub. Arguments are text, results fit JSON."""

import time
from typing import Any

import datasets
from huggingface_hub import HfApi

FEATURES = datasets.Features(
    {
        "id": datasets.Value("int64"),
        "text": datasets.Value("string"),
        "label": datasets.ClassLabel(names=["even", "odd"]),
    }
)


def rows(start: int, stop: int) -> datasets.Dataset:
    return datasets.Dataset.from_dict(
        {
            "id": range(start, stop),
            "text": [f"row number {i}" for i in range(start, stop)],
            "label": [i % 2 for i in range(start, stop)],
        },
        features=FEATURES,
    )


def push(repo: str, visibility: str = "public") -> str:
    """Two splits, the first in three shards; the id of the commit."""
    splits = datasets.DatasetDict({"train": rows(0, 1000), "test": rows(1000, 1100)})
    pushed = splits.push_to_hub(
        repo, num_shards={"train": 3, "test": 1}, private=visibility == "private"
    )
    return pushed.oid


def push_more(repo: str) -> list[str]:
    """A split beside the others, then the first again, longer and in fewer shards."""
    first = rows(1100, 1150).push_to_hub(repo, split="validation")
    second = rows(0, 1200).push_to_hub(repo, split="train", num_shards=2)
    return [first.oid, second.oid]


def push_config(repo: str) -> str:
    return rows(0, 10).push_to_hub(repo, config_name="small").oid


def load(repo: str, config: str = "default", revision: str = "main") -> dict[str, Any]:
    """Rows of each split, a row, and the seconds it took."""
    start = time.monotonic()
    loaded = datasets.load_dataset(repo, config, revision=revision)
    seconds = time.monotonic() - start
    sums = {name: [len(split), sum(split["id"])] for name, split in loaded.items()}
    label = loaded["train"].features["label"]
    return {"sums": sums, "row": loaded["train"][7], "labels": label.names, "seconds": seconds}


def stream(repo: str) -> dict[str, Any]:
    start = time.monotonic()
    streamed = datasets.load_dataset(repo, streaming=True)
    train = streamed["train"]
    ids = [row["id"] for row in train]
    third = next(iter(train.skip(2)))
    seconds = time.monotonic() - start
    return {"sum": sum(ids), "third": third, "shards": train.num_shards, "seconds": seconds}


def load_parquet(pattern: str) -> dict[str, Any]:
    loaded = datasets.load_dataset("parquet", data_files=pattern, split="train")
    return {"rows": len(loaded), "sum": sum(loaded["id"])}


def describe(repo: str) -> dict[str, Any]:
    """What can be said of a dataset without loading it."""
    start = time.monotonic()
    builder = datasets.load_dataset_builder(repo)
    return {
        "configs": sorted(datasets.get_dataset_config_names(repo)),
        "splits": {name: split.num_examples for name, split in builder.info.splits.items()},
        "files": HfApi().list_repo_files(repo, repo_type="dataset"),
        "seconds": time.monotonic() - start,
    }
