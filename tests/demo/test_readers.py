"""The libraries people use read the demo's files."""

import os
import subprocess
from pathlib import Path

import pytest

from demo.content import repos
from needs import client_python

pytestmark = pytest.mark.clients

PROGRAM = """
import torch
from datasets import load_dataset
from peft import PeftModel
from safetensors import safe_open
from transformers import AutoModelForCausalLM, AutoTokenizer

model, report = AutoModelForCausalLM.from_pretrained("ember", output_loading_info=True)
assert not any(report.values()), report
tokenizer = AutoTokenizer.from_pretrained("ember")
words = tokenizer("Grüße, ember", return_tensors="pt")
assert tokenizer.decode(words.input_ids[0]) == "Grüße, ember"
assert model(words.input_ids).logits.shape[-1] == len(tokenizer)
PeftModel.from_pretrained(model, "ember-lora")
rows = load_dataset("./hearth-reviews")
assert {name: len(split) for name, split in rows.items()} == {"train": 360, "test": 120}
with safe_open("ember-moved/model.safetensors", "pt") as file:
    assert file.get_tensor("model.norm.weight").tolist() == [1.0] * 64
print("all read")
"""


def test_real_libraries_read_the_demo(tmp_path: Path) -> None:
    python = client_python("train")
    for repo in repos("demo"):
        for path, content in repo.files.items():
            target = tmp_path / repo.name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    ran = subprocess.run(
        [python, "-c", PROGRAM], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert "all read" in ran.stdout, ran.stderr
