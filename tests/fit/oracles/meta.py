"""Counts parameters of real configs with transformers on torch's `meta` device: no weights.

`python tests/fit/oracles/meta.py FOLDER > .../meta.json` in an environment of its own (torch,
transformers, this repo's tests on PYTHONPATH). FOLDER holds the unpacked wheel aiconfigurator-core,
whose configs are not ours to keep; totals and digests are our own measurements.
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import torch
import transformers
from transformers import AutoConfig

from fit.architecture import facts, more_facts

ALIASES = {
    "kimi_k2": "deepseek_v3",
    "deepseek_ref": "deepseek_v4",
    "mimo": "qwen2",
    "minimax_m3": "minimax_m3_vl_text",
    "step3p7": "step3p5",
}
"""Families that transformers has no name of its own for, and which class is the same."""


def count(config: dict) -> dict[str, object]:
    """Parameters that the model class of this config makes, tied ones once."""
    config = {k: v for k, v in config.items() if k not in ("auto_map", "quantization_config")}
    if config["model_type"] in ALIASES and "text_config" not in config:
        config["model_type"] = ALIASES[config["model_type"]]
    made = AutoConfig.for_model(**config)
    found = [getattr(transformers, name, None) for name in config.get("architectures") or []]
    automatic = [getattr(transformers, f"AutoModel{name}") for name in GENERIC]
    for kind in [f for f in found if f] + automatic:
        try:
            with torch.device("meta"):
                model = (getattr(kind, "_from_config", None) or kind.from_config)(made)
            break
        except ValueError as error:
            if "Unrecognized configuration class" not in str(error):
                raise
    else:
        raise LookupError("no class of transformers makes it")
    model.tie_weights()
    sizes = {name: p.numel() for name, p in model.named_parameters()}
    other = sum(n for name, n in sizes.items() if any(t in name for t in TOWERS))
    return {"total": sum(sizes.values()), "towers": other, "class": type(model).__name__}


GENERIC = ("ForCausalLM", "ForImageTextToText", "ForSeq2SeqLM", "ForMaskedLM", "")
TOWERS = ("visual", "vision", "audio", "projector", "embed_vision", "connector")


def configs(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Name and JSON of each: those of a folder, then those put together in our files of facts."""
    for path in sorted(folder.rglob("*_config.json")):
        if not path.name.endswith("hf_quant_config.json"):
            yield path.name.removesuffix("_config.json").replace("--", "/"), path.read_bytes()
    for name, value in sorted((vars(facts) | vars(more_facts)).items()):
        if isinstance(value, dict) and "model_type" in value:
            yield f"facts/{name}", json.dumps(value, sort_keys=True).encode()


def main(folder: Path) -> None:
    result: dict[str, dict[str, object]] = {}
    for name, data in configs(folder):
        row: dict[str, object] = {"sha256": hashlib.sha256(data).hexdigest()}
        try:
            row |= count(json.loads(data))
        except Exception as error:  # noqa: BLE001 - a row that cannot be counted says why
            row["error"] = f"{type(error).__name__}: {error}"[:120]
        result[name] = row
        print(name, row, file=sys.stderr, flush=True)
    made_by = f"transformers {transformers.__version__}, torch {torch.__version__}"
    rows = [f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in result.items()]
    head = f' "made_by": {json.dumps(made_by)},'
    print("\n".join(["{", head, ' "models": {', ",\n".join(rows), " }", "}"]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
