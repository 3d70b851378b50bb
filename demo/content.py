"""Everything the demo hub holds: pure functions from a namespace to files."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq

from demo import models
from demo.models import Files, markdown


@dataclass(frozen=True)
class Repo:
    type: str
    name: str
    files: Files


def repos(namespace: str) -> Iterator[Repo]:
    """In the order they refer to one another: a dataset, a base model, what was made of it."""
    yield Repo("dataset", "hearth-reviews", reviews())
    yield Repo("model", "ember", models.base(namespace))
    yield Repo("model", "ember-moved", models.finetune(namespace))
    yield Repo("model", "ember-lora", models.adapter(namespace))
    yield Repo("model", "ember-GGUF", models.quantized(namespace))
    yield Repo("space", "hello", hello(namespace))


THINGS = ["stove", "kettle", "lamp", "chair", "blanket", "clock", "window", "door", "cup", "rug"]
GOOD = ["warm", "sturdy", "quiet", "lovely", "a joy", "better than the last one"]
BAD = ["cold", "wobbly", "noisy", "ugly", "a nuisance", "worse than the last one"]
FRAMES = [
    "The {thing} is {word}.",
    "I find this {thing} {word}.",
    "My new {thing}: {word}, every single day.",
    "After a month the {thing} is still {word}.",
]


def reviews() -> Files:
    """480 sentences with a label, shuffled once, a quarter of them held out for testing."""
    rows = [
        {"text": frame.format(thing=thing, word=word), "label": label}
        for label, words in enumerate([BAD, GOOD])
        for frame, thing, word in product(FRAMES, THINGS, words)
    ]
    Random(4).shuffle(rows)
    held_out = len(rows) // 4
    card = """
    # Hearth reviews

    Short made-up opinions on household things, put together from templates. Label 1 is content,
    label 0 is not. Enough for a first classifier, and for nothing else.
    """
    head = {"license": "cc0-1.0", "language": "en", "task_categories": "[text-classification]"}
    head |= {"size_categories": "[n<1K]", "configs": CONFIGS}
    return {
        "README.md": markdown(head, card),
        "data/train-00000-of-00001.parquet": parquet(rows[held_out:]),
        "data/test-00000-of-00001.parquet": parquet(rows[:held_out]),
    }


CONFIGS = """
- config_name: default
  data_files:
  - split: train
    path: data/train-*
  - split: test
    path: data/test-*"""


def parquet(rows: list[dict[str, object]]) -> bytes:
    schema = pa.schema([("text", pa.string()), ("label", pa.int64())])
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), sink, compression="snappy")
    return sink.getvalue()


def hello(namespace: str) -> Files:
    """A static space: one page, nothing fetched from anywhere."""
    head = {"title": "Hello", "sdk": "static", "license": "apache-2.0"}
    head |= {"models": f"[{namespace}/ember]", "datasets": f"[{namespace}/hearth-reviews]"}
    page = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Hello</title>
<link rel="stylesheet" href="style.css">
<h1>Hello</h1>
<p>A static space: files in a repository, and nothing that runs on the hub.</p>
</html>
"""
    return {
        "README.md": markdown(head, "# Hello\n\nA page in a repository."),
        "index.html": page.encode(),
        "style.css": b"body { font: 1.1rem/1.5 system-ui; margin: 3rem auto; max-width: 40rem }\n",
    }
