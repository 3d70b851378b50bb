"""What thousands of real names say beside what their repos were recorded to hold.

The rows are strangers' texts: nothing of them is kept here. To see the tables:
`HEARTHUB_DATA_KIT=... PYTHONPATH=tests python tests/fit/names/test_real_names.py`
"""

import json
import re
from collections import Counter
from typing import Any

from hearthub.fit.names import NameFacts, parse_name
from hearthub.fit.sizes import told_of
from needs import needs_data

FROZEN = "hub_stats_frozen/hub_stats_frozen.parquet"
RADAR = "radar/models_latest.parquet"
NEAR = 0.1

# Recorded totals that count the output head although it is the embedding again (the sum of the
# file's tensors, vocabulary x hidden too many).
COPIED_HEADS = {
    10_159_209_984: 256_000 * 3_584,  # gemma-2-9b
    3_606_752_256: 128_256 * 3_072,  # Llama-3.2-3B
    1_498_482_688: 128_256 * 2_048,  # Llama-3.2-1B
    3_397_103_616: 151_936 * 2_048,  # Qwen2.5-3B
    1_777_088_000: 151_936 * 1_536,  # Qwen2.5-1.5B
    630_167_424: 151_936 * 896,  # Qwen2.5-0.5B
}
QUANTISED = re.compile(
    r"\d-?bit|(?<![a-z])[wo]?q\d|int[48]|mxfp|nvfp4|(?<![a-z])w[248]|fp8|gptq|awq|bnb|exl\d|jang|"
    r"quant|mlx|tq\d",
    re.IGNORECASE,
)
ADAPTER = re.compile(r"lora|adapter|peft", re.IGNORECASE)
PIECE = re.compile(
    r"mtp|dspark|dflash|eagle|draft|assistant|speculator|mmproj|clip|siglip|projector|head|reranker",
    re.IGNORECASE,
)
WITH_TOWERS = re.compile(
    r"vl|tts|omni|ocr|audio|vision|image|video|speech|voice|any-to-any|robotics", re.IGNORECASE
)


def rows(file: str, *columns: str) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    found: list[dict[str, Any]] = pq.read_table(needs_data(file), columns=list(columns)).to_pylist()
    return found


def is_near(stated: float, recorded: float) -> bool:
    return abs(stated * 1e9 - recorded) <= NEAR * recorded


def frozen_sizes() -> list[tuple[float, int]]:
    """Of each name that states a size: what it stands for, in billions, and the recorded total.

    It is the stated one but for families that round by more than a tenth (curated.toml).
    Names of packed weights are left out: of them the Hub adds up containers, not parameters.
    """
    pairs = []
    for row in rows(FROZEN, "id", "safetensors", "gguf"):
        header = row["safetensors"] or json.loads(row["gguf"] or "{}")
        facts = parse_name(row["id"])
        if facts.size and header.get("total") and facts.family in {None, "gguf"}:
            pairs.append(((told_of(row["id"]).total or 0) / 1e9, header["total"]))
    return pairs


def reason(row: dict[str, Any], facts: NameFacts) -> str:
    """Why the size in a name is not the recorded one."""
    stated, recorded = facts.size or 0, row["parameters"] / 1e9
    text = f"{row['id']} {row['library']} {' '.join(row['tags'])}"
    others = re.findall(
        r"(?<![a-z0-9.])(\d+(?:[.p_-]\d+)?)([bmt])(?![a-z0-9])",
        row["id"].split("/")[-1],
        re.IGNORECASE,
    )
    for number, unit in others:
        size = float(re.sub(r"[p_-]", ".", number)) * {"m": 0.001, "b": 1, "t": 1000}[unit.lower()]
        if is_near(size, row["parameters"]):
            return "ours"
    is_less = recorded < stated
    if is_less and ADAPTER.search(text):
        return "adapter"
    if is_less and recorded < 0.25 * stated and (PIECE.search(row["id"]) or facts.family == "gguf"):
        return "component"  # a draft or a projector, or the sidecar of a GGUF repo
    if is_less and "safetensors" in row["formats"] and QUANTISED.search(text):
        return "packed"
    if not is_less and WITH_TOWERS.search(f"{row['id']} {row['pipeline_tag']}"):
        return "component"  # the name tells the language model, the total has towers too
    if 0.5 < recorded / stated < 2 or recorded < 0.01:
        return "wrong in the source"  # rounded names, sums of a header without its shards
    return "ours"


def radar_misses() -> tuple[int, Counter[str]]:
    """Names of `radar` that state a size, and how many miss by which reason."""
    stated, misses = 0, Counter[str]()
    for row in rows(RADAR, *"id parameters formats library tags pipeline_tag".split()):
        facts = parse_name(row["id"])
        if facts.size and row["parameters"]:
            stated += 1
            if not is_near(facts.size, row["parameters"]):
                misses[reason(row, facts)] += 1
    return stated, misses


def test_sizes_of_frozen_names() -> None:
    pairs = frozen_sizes()
    assert len(pairs) > 2_500
    raw = sum(is_near(*pair) for pair in pairs) / len(pairs)
    fair = sum(is_near(s, n - COPIED_HEADS.get(n, 0)) for s, n in pairs) / len(pairs)
    print(f"{len(pairs)} sizes: {raw:.1%} within 10 %, {fair:.1%} once copied heads are left out")
    assert raw >= 0.85
    assert fair >= 0.9


def test_misses_of_radar() -> None:
    stated, misses = radar_misses()
    assert stated > 4_000
    print(stated, "sizes,", misses.total(), "misses:", dict(misses.most_common()))
    assert misses["ours"] < 0.05 * misses.total()


if __name__ == "__main__":
    test_sizes_of_frozen_names()
    test_misses_of_radar()
