"""Tags of data sets and spaces, by example."""

from typing import Any

import pytest

from hearthub.catalogue.dataset_tags import format_of, modalities, row_count, sizes
from hearthub.catalogue.facts import Facts, dataset_facts, space_facts

INFO = {
    "features": [
        {"name": "id", "dtype": "int64"},
        {"name": "score", "dtype": "float32"},
        {"name": "text", "dtype": "string"},
        {"name": "turns", "list": [{"name": "picture", "dtype": "image"}]},
        {"name": "at", "dtype": "timestamp[us]"},
    ],
    "splits": [{"name": "train", "num_examples": 12_000}, {"name": "test", "num_examples": 500}],
}


def facts(*paths: str, body: str = "", **card: Any) -> Facts:
    return dataset_facts(paths, card, body, "eu")


def test_all_tags_in_their_order() -> None:
    found = facts(
        *("README.md", "eval.yaml", "data/train-00000-of-00001.parquet"),
        body="https://arxiv.org/abs/1606.05250",
        task_categories=["question-answering"],
        task_ids=["extractive-qa"],
        annotations_creators=["crowdsourced"],
        language_creators=["found"],
        multilinguality=["monolingual"],
        source_datasets=["extended|wikipedia"],
        language=["en"],
        license="cc-by-sa-4.0",
        tags=["LeRobot"],
        doi="10.57967/hf/1",
        dataset_info=INFO,
    )
    assert found.tags == [
        *("benchmark:official", "task_categories:question-answering", "task_ids:extractive-qa"),
        *("annotations_creators:crowdsourced", "language_creators:found"),
        *("multilinguality:monolingual", "source_datasets:extended|wikipedia", "language:en"),
        *("license:cc-by-sa-4.0", "size_categories:10K<n<100K", "format:parquet"),
        *("modality:image", "modality:tabular", "modality:text", "modality:timeseries"),
        *("library:datasets", "library:pandas", "library:polars", "library:mlcroissant"),
        *("arxiv:1606.05250", "doi:10.57967/hf/1", "region:eu", "LeRobot"),
    ]
    assert found.formats == ["parquet"]
    assert found.licenses == ["cc-by-sa-4.0"]


@pytest.mark.parametrize(
    ("rows", "size"),
    [
        (0, "n<1K"),
        (999, "n<1K"),
        (1000, "1K<n<10K"),
        (10**6, "1M<n<10M"),
        (10**12, "n>1T"),
    ],
)
def test_sizes_by_rows(rows: int, size: str) -> None:
    assert sizes({"dataset_info": {"splits": [{"num_examples": rows}]}}) == [size]


def test_what_the_card_says_of_its_size_counts() -> None:
    assert sizes({"size_categories": ["n>1T"], "dataset_info": INFO}) == ["n>1T"]
    assert sizes({}) == []


def test_rows_of_all_subsets() -> None:
    assert row_count({"dataset_info": [INFO, INFO | {"config_name": "de"}]}) == 25_000
    bad = [{"num_examples": x} for x in (True, -1, "9", None, 2**70, 1.5)]
    assert row_count({"dataset_info": {"splits": bad}}) is None
    assert row_count({"dataset_info": "x"}) is None


@pytest.mark.parametrize(
    ("paths", "kind"),
    [
        (["a.csv", "b.csv", "c.parquet"], "csv"),
        (["a.csv", "b.parquet"], "parquet"),
        (["a.jsonl", "dataset_infos.json", ".huggingface.yaml"], "json"),
        (["train/cat/1.jpg", "train/dog/2.png", "metadata.csv"], "imagefolder"),
        (["1.wav"], "audiofolder"),
        (["a-000.tar", "a-001.tar"], "webdataset"),
        (["README.md", "x.py", "a"], None),
        ([".cache/a.csv", "__MACOSX/b.csv"], None),
    ],
)
def test_formats(paths: list[str], kind: str | None) -> None:
    assert facts(*paths).formats == ([kind] if kind else [])
    assert any(tag.startswith("library:datasets") for tag in facts(*paths).tags) == bool(kind)


def test_many_files_are_for_dask() -> None:
    many = [f"data/train-{n:05}-of-00009.parquet" for n in range(9)]
    assert "library:dask" in facts(*many).tags
    assert "library:pandas" not in facts(*many).tags


def test_modalities_without_columns() -> None:
    assert modalities(["a.csv"], {}, "csv") == ["tabular"]
    assert modalities(["a.jsonl", "i.png"], {}, "json") == ["image", "text"]
    assert modalities(["a.mp4", "b.glb", "c.pdf", "d.geojson"], {}, None) == [
        *("3d", "document", "geospatial", "video"),
    ]
    assert modalities([], {"tags": ["modality:timeseries", "geospatial", "audio"]}, None) == [
        *("geospatial", "timeseries"),
    ]


def test_formats_are_counted_not_trusted() -> None:
    assert format_of([]) is None
    assert format_of(["x" * 10_000 + ".csv"]) == "csv"


def test_a_space() -> None:
    card = {"sdk": "docker", "tags": ["leaderboard"], "models": ["a/b"], "datasets": "c/d"}
    found = space_facts(card, None, "eu", body="# A demo")
    assert found.tags == ["docker", "leaderboard", "region:eu"]
    assert (found.models, found.datasets, found.card_text) == (["a/b"], ["c/d"], "A demo")
    assert space_facts(card, "gradio", "eu").tags[0] == "gradio"
