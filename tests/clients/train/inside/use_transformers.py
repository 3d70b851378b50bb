"""What people do with transformers and a hub. Arguments are text, results fit JSON."""

from typing import Any

import tiny
import torch
import transformers
from huggingface_hub import HfApi


def push(repo: str, visibility: str = "public") -> str:
    """A classifier with its tokenizer; the digest of its weights."""
    model = tiny.classifier()
    model.push_to_hub(repo, private=visibility == "private")
    tiny.tokenizer().push_to_hub(repo)
    return tiny.digest(model)


def push_to_branch(repo: str, branch: str) -> str:
    model = tiny.classifier(seed=1)
    model.push_to_hub(repo, revision=branch, commit_message="Other weights")
    return tiny.digest(model)


def push_in_shards(repo: str) -> str:
    """A causal language model in weight shards of at most 20 kB."""
    model = tiny.language_model()
    model.push_to_hub(repo, max_shard_size="20KB")
    tiny.tokenizer().push_to_hub(repo)
    return tiny.digest(model)


def load(repo: str, revision: str = "main") -> dict[str, Any]:
    model = transformers.AutoModelForSequenceClassification.from_pretrained(repo, revision=revision)
    tokenizer = transformers.AutoTokenizer.from_pretrained(repo, revision="main")
    return {
        "weights": tiny.digest(model),
        "commit": HfApi().model_info(repo, revision=revision).sha,
        "words": tokenizer.tokenize("The hearth is WARM."),
    }


def classify(repo: str, text: str) -> dict[str, Any]:
    """The pipeline's answer, and the same computed by hand from the same weights."""
    answer = transformers.pipeline("text-classification", model=repo)(text)[0]
    model = tiny.classifier().eval()
    with torch.no_grad():
        scores = model(**tiny.tokenizer()(text, return_tensors="pt")).logits.softmax(-1)[0]
    label = model.config.id2label[int(scores.argmax())]
    return {"pipeline": answer, "by hand": {"label": label, "score": float(scores.max())}}


def generate(repo: str, prompt: str) -> dict[str, Any]:
    model = transformers.AutoModelForCausalLM.from_pretrained(repo)
    pipe = transformers.pipeline("text-generation", model=repo)
    answer = pipe(prompt, max_new_tokens=5, do_sample=False, return_full_text=True)
    return {"weights": tiny.digest(model), "text": answer[0]["generated_text"]}


def files(repo: str, revision: str = "main") -> list[str]:
    return HfApi().list_repo_files(repo, revision=revision)
