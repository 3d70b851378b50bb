"""Caches of many architectures, to the MiB that llama.cpp itself printed (oracles/llama.py)."""

import json
from pathlib import Path
from typing import Any

import pytest

from hearthub.fit.caches import Use, cache_bytes
from hearthub.fit.gguf_keys import architecture_of

ORACLE = Path(__file__).parents[1] / "oracles" / "llama.json"
MODELS: dict[str, dict[str, Any]] = json.loads(ORACLE.read_text())["models"]
MEASURED = {"context_mib", "compute_mib"}


@pytest.mark.parametrize("name", MODELS)
def test_the_cache_is_what_llama_cpp_prints(name: str) -> None:
    model = MODELS[name]
    shape = architecture_of(model["keys"])
    for row in model["rows"]:
        use = {key: value for key, value in row.items() if key not in MEASURED}
        found = cache_bytes(shape, Use(engine="llama.cpp", **use)) / 2**20
        assert int(found) == row["context_mib"], use


def test_the_oracle_asked_many_architectures() -> None:
    assert len({model["keys"]["general.architecture"] for model in MODELS.values()}) >= 20
