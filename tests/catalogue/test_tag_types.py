"""Which type a tag is of, and how it reads."""

import pytest

from hearthub.catalogue.tag_types import (
    DATASET_TYPES,
    MODEL_TYPES,
    described,
    label,
    sub_type,
    tag_type,
)


@pytest.mark.parametrize(
    ("repo_type", "tag", "kind", "text"),
    [
        ("model", "text-generation", "pipeline_tag", "Text Generation"),
        ("model", "image-to-3d", "pipeline_tag", "Image To 3d"),
        ("model", "pytorch", "library", "PyTorch"),
        ("model", "gguf", "library", "GGUF"),
        ("model", "en", "language", "English"),
        ("model", "multilingual", "language", "Multilingual"),
        ("model", "yue", "language", "Cantonese"),
        ("model", "sft", "other", "sft"),
        ("model", "license:apache-2.0", "license", "apache-2.0"),
        ("model", "dataset:acme/en", "dataset", "acme/en"),
        ("model", "base_model:finetune:a/b", "base_model", "finetune:a/b"),
        ("model", "arxiv:2407.21783", "arxiv", "2407.21783"),
        ("model", "doi:10.57967/hf/1", "doi", "10.57967/hf/1"),
        ("model", "region:us", "region", "us"),
        ("model", "diffusers:FluxPipeline", "other", "diffusers:FluxPipeline"),
        ("model", "license:", "other", "license:"),
        ("model", "", "other", ""),
        ("dataset", "task_categories:fill-mask", "task_categories", "Fill Mask"),
        ("dataset", "task_ids:extractive-qa", "task_ids", "extractive-qa"),
        ("dataset", "language:de", "language", "German"),
        ("dataset", "language:tlh", "language", "tlh"),
        ("dataset", "size_categories:1K<n<10K", "size_categories", "1K<n<10K"),
        ("dataset", "format:parquet", "format", "parquet"),
        ("dataset", "modality:3d", "modality", "3d"),
        ("dataset", "library:mlcroissant", "library", "Croissant"),
        ("dataset", "benchmark:official", "benchmark", "official"),
        ("dataset", "en", "other", "English"),
        ("space", "gradio", "sdk", "gradio"),
        ("space", "leaderboard", "other", "leaderboard"),
    ],
)
def test_types_and_labels(repo_type: str, tag: str, kind: str, text: str) -> None:
    assert tag_type(repo_type, tag) == kind
    assert label(tag) == text
    if repo_type != "space":
        assert kind in {"model": MODEL_TYPES, "dataset": DATASET_TYPES}[repo_type]


def test_entries_as_clients_read_them() -> None:
    assert described("model", "license:mit") == {
        "id": "license:mit",
        "label": "mit",
        "type": "license",
    }
    assert described("model", "fill-mask") == {
        "id": "fill-mask",
        "label": "Fill Mask",
        "type": "pipeline_tag",
        "subType": "nlp",
    }
    assert described("dataset", "task_categories:robotics")["subType"] == "rl"
    assert sub_type("license:mit") is None


@pytest.mark.parametrize("tag", ["\u202eevil", "a" * 10_000, ":", "::", "license:\u0000", "🦙"])
def test_hostile_tags_are_texts_like_others(tag: str) -> None:
    for kind in ("model", "dataset", "space", "kernel"):
        assert isinstance(tag_type(kind, tag), str)
        assert isinstance(label(tag), str)
