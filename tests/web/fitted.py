"""A hub with models that fit knows something of: hosted, quantised here and elsewhere, observed.

Every text that a stranger can write has a mark in it that must never become an element.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from browsing import give_passwords
from calls import commit, new_repo, put
from fit.small_models import config, gguf, safetensors
from hearthub.app import open_hub
from hearthub.catalogue import Counters, Facts, Listing
from hearthub.settings import Settings
from live import LiveHub, live_hub

EVIL = "<b>bold</b>\"' onmouseover=alert(1) {{7*7}} \u202eback"
ELSEWHERE, OTHER = "elsewhere.example", "other.example"
BASE, QUANTS, ADAPTER = "alice/base", "alice/base-GGUF", "alice/adapter"
FAR, FAR_QUANT, HUGE = "far/base-7b", "far/base-7b-GGUF", "far/huge-400b"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
Q = json.dumps(EVIL)
CARD = f"""---
license: other
license_name: {Q}
license_link: "javascript:alert(1)"
pipeline_tag: text-generation
library_name: transformers
language: [en, ja]
tags: [chat, {Q}]
model-index:
- name: base
  results:
  - task: {{type: text-generation}}
    dataset: {{name: {Q}, type: mmlu, config: all, split: test}}
    metrics: [{{type: accuracy, value: 61.5, name: {Q}}}]
    source: {{url: "javascript:alert(2)", name: {Q}}}
  - dataset: {{name: "HellaSwag (10-Shot)", type: hellaswag}}
    metrics: [{{type: acc_norm, value: 80.25}}]
    source: {{url: "https://results.example/x", name: The board}}
---
# A *small* model

[down](#usage) · [notes](docs/notes.md) · ![logo](images/logo.png)

## Usage

- [x] loads
- [ ] flies

> [!NOTE]
> Loss is $L = \\frac{{1}}{{n}} \\sum_i x_i^2$ here.

```python
print("<b>hello</b>")  # colours
```

| a | b |
|---|---|
| 1 | 2[^1] |

[^1]: A footnote.

$$
\\int_0^1 x^2 dx
$$
"""


def quantised(base: str) -> bytes:
    relation = "base_model_relation: quantized"
    return f"---\nbase_model: {base}\n{relation}\nlicense: mit\n---\n# Q\n".encode()


def fill(hub: LiveHub) -> None:
    with hub.client("alice") as alice:
        new_repo(alice, "base")
        files = [put("README.md", CARD.encode()), put("config.json", config())]
        commit(alice, BASE, *files, put("model.safetensors", safetensors()),
               put("docs/notes.md"), put("images/logo.png", PNG))  # fmt: skip
        new_repo(alice, "base-GGUF")
        weights = [put(f"base-{kind}.gguf", gguf(kind)) for kind in ("Q4_0", "Q8_0", "F16")]
        commit(alice, QUANTS, put("README.md", quantised(BASE)), *weights)
        new_repo(alice, "adapter")
        adapter = b'{"base_model_name_or_path": "alice/base", "peft_type": "LORA", "r": 8}'
        text = f"---\nbase_model: {BASE}\nlibrary_name: peft\nbase_model_relation: adapter\n---\n"
        norm = safetensors(names=["model.norm.weight"])
        files = [put("README.md", text.encode()), put("adapter_config.json", adapter)]
        commit(alice, ADAPTER, *files, put("adapter_model.safetensors", norm))
        for kind in ("dataset", "space"):
            more = {"sdk": "static"} if kind == "space" else {}
            repo = new_repo(alice, f"some-{kind}", type=kind, **more)
            commit(
                alice, repo, put("README.md", b"---\nlicense: mit\n---\n# Rows\n"), kind=f"{kind}s"
            )
        new_repo(alice, "hidden", private=True)
        commit(
            alice, "alice/hidden", put("README.md", b"# the-secret"), put("config.json", config())
        )
    hub.settle()
    with open_hub(Settings(data=hub.data, min_free=0)) as parts:
        parts.catalogue.observe([
            _listing(FAR, ELSEWHERE, parameters=7 * 10**9, downloads=900),
            _listing(FAR, OTHER, parameters=7 * 10**9, downloads=10),
            _listing(FAR_QUANT, ELSEWHERE, base=FAR, relation="quantized", formats=["gguf"]),
            _listing("far/child", ELSEWHERE, base=BASE, relation="finetune", downloads=5),
            _listing(HUGE, ELSEWHERE, parameters=400 * 10**9),
            _listing("far/rows", ELSEWHERE, kind="dataset"),
        ])  # fmt: skip


def _listing(
    name: str,
    origin: str,
    *,
    kind: str = "model",
    parameters: int | None = None,
    base: str | None = None,
    relation: str | None = None,
    formats: list[str] | None = None,
    downloads: int = 1,
) -> Listing:
    tags = [EVIL, "region:us"]
    tags += [f"base_model:{base}", f"base_model:{relation}:{base}"] if base else []
    facts = Facts(
        tags=tags,
        pipeline_tag="text-generation" if kind == "model" else None,
        library="transformers" if kind == "model" else None,
        licenses=["apache-2.0"],
        languages=["en"],
        formats=formats or ["safetensors"],
        base_models=[base] if base else [],
        relation=relation,
        parameters_total=parameters,
        description=EVIL,
        card={"model-index": [{"results": [{
            "dataset": {"name": EVIL, "type": "x"},
            "metrics": [{"type": EVIL, "value": 1.5}],
        }]}]},
    )  # fmt: skip
    counters = Counters(1_700_000_000_000, 1_760_000_000_000, downloads, 10 * downloads, likes=3)
    return Listing(kind, name, facts, counters, origin=origin)


@contextmanager
def fitted_hub(folder: Path) -> Iterator[LiveHub]:
    with live_hub(folder, min_free=0) as hub:
        give_passwords(hub.data, "alice")
        fill(hub)
        yield hub
