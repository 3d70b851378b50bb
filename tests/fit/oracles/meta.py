"""Counts parameters of real configs with transformers on torch's `meta` device: no weights.

Run by `make oracles` in an environment of its own (torch, transformers, the configs of the
aiconfigurator-core wheel); prints JSON of our own measurements: total, text, embedding.
"""

import hashlib
import json
import sys
from pathlib import Path

import torch
import transformers
from transformers import AutoConfig


def count(config: dict) -> dict[str, object]:
    """Parameters that the model class of this config makes, tied ones once."""
    config = {k: v for k, v in config.items() if k not in ("auto_map", "quantization_config")}
    made = AutoConfig.for_model(**config)
    names = config.get("architectures") or []
    found = [getattr(transformers, name, None) for name in names]
    kind = next((f for f in found if f), None) or transformers.AutoModelForCausalLM
    with torch.device("meta"):
        build = getattr(kind, "_from_config", None) or kind.from_config
        model = build(made)
    model.tie_weights()
    sizes = {name: p.numel() for name, p in model.named_parameters()}
    towers = ("visual", "vision", "audio", "multi_modal_projector", "mm_projector")
    other = sum(n for name, n in sizes.items() if any(t in name for t in towers))
    return {
        "total": sum(sizes.values()),
        "towers": other,
        "class": type(model).__name__,
    }


def main(folder: Path) -> None:
    result: dict[str, dict[str, object]] = {}
    for path in sorted(folder.rglob("*_config.json")):
        if path.name.endswith("hf_quant_config.json"):
            continue
        data = path.read_bytes()
        name = path.name.removesuffix("_config.json").replace("--", "/")
        row: dict[str, object] = {"sha256": hashlib.sha256(data).hexdigest()}
        try:
            row |= count(json.loads(data))
        except Exception as error:  # noqa: BLE001 - a row that cannot be counted says why
            row["error"] = f"{type(error).__name__}: {error}"[:200]
        result[name] = row
        print(name, row, file=sys.stderr, flush=True)
    json.dump({"transformers": transformers.__version__, "models": result}, sys.stdout, indent=1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
