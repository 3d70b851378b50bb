"""What people do with PEFT and a hub. Arguments are text, results fit JSON."""

from typing import Any

import peft
import tiny
import torch
from huggingface_hub import HfApi, metadata_update
from transformers import AutoModelForSequenceClassification


def push(base: str, adapter: str) -> list[float]:
    """A base, and an adapter with its own weights; the logits of the two together."""
    tiny.classifier().push_to_hub(base)
    tiny.tokenizer().push_to_hub(base)
    model = peft.get_peft_model(
        AutoModelForSequenceClassification.from_pretrained(base),
        peft.LoraConfig(
            task_type="SEQ_CLS", target_modules=["query", "value"], init_lora_weights=False
        ),
    )
    model.push_to_hub(adapter)
    metadata_update(adapter, {"base_model": base, "library_name": "peft"}, overwrite=True)
    return logits(model)


def load(adapter: str) -> dict[str, Any]:
    """By peft, by transformers, and the base alone."""
    by_peft = peft.AutoPeftModelForSequenceClassification.from_pretrained(adapter)
    base = by_peft.peft_config["default"].base_model_name_or_path
    return {
        "base": base,
        "peft": logits(by_peft),
        "transformers": logits(AutoModelForSequenceClassification.from_pretrained(adapter)),
        "base alone": logits(AutoModelForSequenceClassification.from_pretrained(base)),
        "tags": HfApi().model_info(adapter).tags,
    }


def logits(model: torch.nn.Module) -> list[float]:
    with torch.no_grad():
        inputs = tiny.tokenizer()("The hearth is warm.", return_tensors="pt")
        return model.eval()(**inputs).logits[0].tolist()
