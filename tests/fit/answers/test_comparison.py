"""The comparison table: what is missing is said, and strangers' texts stay texts."""

import csv
import io
from pathlib import Path
from typing import Any

from fit.answers.models import SMALL, card, shown, write_llama, write_llama_gguf, write_texts
from hearthub.fit.comparison import (
    MISSING,
    Column,
    column_of,
    column_texts,
    columns_csv,
    columns_markdown,
)
from hearthub.fit.hardware import custom_hardware, find_hardware
from hearthub.fit.wire import column_json

HOSTILE = '=HYPERLINK("http://evil")|[x](javascript:1)<img src=x>`\x1b[31m\u202e\r\n; =1+1'


def result(name: str, value: float, **dataset: Any) -> dict[str, Any]:
    about = {"name": name, "type": name.lower(), **dataset}
    return {"dataset": about, "metrics": [{"type": "acc", "value": value}]}


def column(path: Path, name: str, **wanted: Any) -> Column:
    return column_of(shown(path, name, **wanted))


def test_what_is_known_and_what_is_not(tmp_path: Path) -> None:
    results = [{"name": "a", "results": [result("MMLU (5-shot)", 70), result("MMLU", 60)]}]
    texts = {"README.md": card(license="mit", **{"model-index": results})}
    known = column(write_llama(tmp_path / "a", **texts), "x/a", hardware=(find_hardware("T4"),))
    bare = column(write_texts(tmp_path / "b", {"config.json": {"model_type": "new"}}), "x/b")
    first, second = column_texts([known, bare])
    assert first["licence"] == "mit"
    assert first["best fit"] == "T4"
    assert first["context"] == "32,768"
    # Five shots and none stated are two results, each with its setting; neither is ranked.
    assert first["evaluations"] == (
        "mmlu (5-shot) shots=5 acc: 70 (self-reported); mmlu acc: 60 (self-reported)"
    )
    unknown = {key for key, value in second.items() if value == MISSING}
    assert unknown == set(second) - {"model"}
    assert column_json(bare)["params_total"] is None


def test_the_best_fit_is_the_smallest_that_runs_it(tmp_path: Path) -> None:
    hardware = tuple(find_hardware(name) for name in ("H100", "rtx 4090", "TPU v5e", "rtx 3060"))
    assert column(write_llama(tmp_path / "a"), "x/a", hardware=hardware).best_fit == (
        "GeForce RTX 3060"
    )
    none = column(tmp_path / "a", "x/a", hardware=(custom_hardware(vram_gib=0.2),))
    assert none.best_fit is None


def test_all_formats_are_listed(tmp_path: Path) -> None:
    write_llama(tmp_path)
    write_llama_gguf(tmp_path / "m-Q4_K_M.gguf")
    assert column(tmp_path, "x/a").formats == ("safetensors", "gguf Q4_K_M")


def hostile(tmp_path: Path) -> list[Column]:
    metadata = {"license": HOSTILE, "pipeline_tag": HOSTILE}
    metadata["model-index"] = [{"results": [result(HOSTILE, 1)]}]  # type: ignore[assignment]
    config = SMALL | {"architectures": [HOSTILE]}
    return [column(write_llama(tmp_path, config, **{"README.md": card(**metadata)}), HOSTILE)]


def test_a_spreadsheet_computes_nothing(tmp_path: Path) -> None:
    (row,) = csv.DictReader(io.StringIO(columns_csv(hostile(tmp_path))))
    assert row["model"].startswith("'=HYPERLINK")
    for value in row.values():
        assert not value.startswith(("=", "+", "-", "@", "\t", "\r"))
        assert value.isprintable()


def test_a_cell_of_markdown_stays_one(tmp_path: Path) -> None:
    heading, line, row = columns_markdown(hostile(tmp_path)).split("\n")
    cells = heading.count("|")
    assert line.count("|") == cells
    assert row.replace("\\\\", "").replace("\\|", "").count("|") == cells
    assert row.isprintable()
    for active in ("[x](", "<img", "`"):
        assert active not in row.replace("\\[", "").replace("\\<", "").replace("\\`", "")


def test_a_text_is_as_long_as_a_cell_may_be(tmp_path: Path) -> None:
    results = [{"results": [result(f"benchmark {n}", n) for n in range(900)]}]
    texts = {"README.md": card(**{"model-index": results})}
    (row,) = column_texts([column(write_llama(tmp_path, **texts), "x/a")])
    assert len(row["evaluations"]) <= 30_000
    assert row["evaluations"].endswith("more (--json)")
