"""The whole answer: what is best of several weights, what is said where something is missing."""

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from fit.answers.models import (
    SMALL,
    SMALL_PARAMETERS,
    model_of,
    shown,
    write_llama,
    write_llama_gguf,
    write_texts,
)
from fit.architecture import facts
from fit.weight_files import write_safetensors
from hearthub.cli import fit_text
from hearthub.errors import BadRequest, EntryNotFound
from hearthub.fit.derivatives import Option
from hearthub.fit.fit import Fit
from hearthub.fit.hardware import custom_hardware, find_hardware, hardware_catalogue
from hearthub.fit.ranking import ranked
from hearthub.fit.report import report
from hearthub.fit.wanted import Wanted, hardware_named
from hearthub.fit.wire import report_json
from hearthub.sandbox import Sandbox

CARD = find_hardware("rtx 4090")
GIB = 2**30


def test_without_hardware_it_is_what_the_shape_needs(tmp_path: Path) -> None:
    found = shown(write_llama(tmp_path))
    assert (found.placed, found.context) == ((), 8192)
    assert found.memory.cache_bytes == 8192 * 8 * 2 * 2 * 128 * 2
    assert {"transformers", "vllm", "sglang"} <= set(found.commands)


def test_the_context_is_the_model_s_own_where_that_is_shorter(tmp_path: Path) -> None:
    config = SMALL | {"max_position_embeddings": 2048}
    folder = write_llama(tmp_path, config)
    assert (shown(folder).context, shown(folder).warnings) == (2048, ())
    longer = shown(folder, context=100_000)
    assert longer.context == 2048
    assert "its context ends at 2048 tokens: figures are of that many" in longer.warnings


@pytest.fixture
def quants(tmp_path: Path) -> Path:
    for label, kind in (("Q8_0", "Q8_0"), ("Q4_K_M", "Q4_K"), ("Q2_K", "Q2_K"), ("F16", "F16")):
        write_llama_gguf(tmp_path / f"m-{label}.gguf", kind)
    return tmp_path


def test_which_weights_are_asked_about(quants: Path) -> None:
    assert shown(quants).identity.quantization.label == "Q4_K_M"
    for file in ("m-Q8_0.gguf", "Q8_0", "q8_0", "m-Q8_0"):
        assert shown(quants, file=file).identity.quantization.label == "Q8_0"
    with pytest.raises(EntryNotFound, match="there are: Q4_K_M, Q8_0, F16, Q2_K"):
        shown(quants, file="Q5_K_M")
    assert [each.label for each in shown(quants).options] == ["Q4_K_M", "Q8_0", "F16", "Q2_K"]


def test_the_best_is_the_largest_that_fits(quants: Path) -> None:
    found = {}
    for vram in (24.0, 0.9, 0.8, 0.3):
        (best,) = shown(quants, hardware=(custom_hardware(vram_gib=vram),)).best
        found[vram] = best.label if best else None
    assert found[24.0] == "F16"
    assert found[0.3] is None
    assert found[0.9] in ("Q8_0", "Q4_K_M")


def test_the_best_is_one_that_an_engine_loads_there(tmp_path: Path) -> None:
    """Derivatives for other makers' hardware are listed, and are not best."""
    folder = write_llama(tmp_path, SMALL)
    derivatives = [
        Option("mlx-community/M-8bit", "model", None, "mlx", 3 * GIB),
        Option("x/M-AWQ", "model", "AWQ", "safetensors", 2 * GIB),
        Option("x/M-GGUF", "M-Q8_0", "Q8_0", "gguf", GIB),
    ]
    model = model_of(folder, "x/M")

    def best(name: str) -> str | None:
        wanted = Wanted(hardware=(find_hardware(name),))
        (found,) = report(model, wanted, derivatives=derivatives).best
        return found.repo if found else None

    assert best("rtx 4090") == "x/M-AWQ"
    assert best("M4 Max 64 GB") == "mlx-community/M-8bit"
    assert best("rx 7900 xtx") in ("x/M-AWQ", "x/M-GGUF")
    assert best("GTX 1080") in ("x/M-GGUF", None)


def test_a_file_of_a_folder_is_addressed_there(quants: Path) -> None:
    text = shown(quants / "m-Q8_0.gguf").commands["llama.cpp"].text
    assert text.startswith(f"llama-server -m {quants}/m-Q8_0.gguf ")
    folder = write_llama(quants / "plain")
    assert f"vllm serve {folder} " in shown(folder / "model.safetensors").commands["vllm"].text


def test_an_engine_that_does_not_load_it_says_why(quants: Path) -> None:
    found = shown(quants, engine="vllm", hardware=(CARD,))
    assert found.commands == {}
    assert list(found.refusals) == ["vllm"]
    assert "no engine" in found.placed[0].verdict.reason
    assert "GGUF" in fit_text.report(found)
    assert not found.placed[0].is_loaded


def adapter(folder: Path, base: str) -> Path:
    write_safetensors(folder / "adapter_model.safetensors", {"a.lora_A.weight": ("F32", (8, 1024))})
    config = {"base_model_name_or_path": base, "r": 8, "task_type": "CAUSAL_LM"}
    return write_texts(folder, {"adapter_config.json": config})


def test_an_adapter_with_its_base(tmp_path: Path) -> None:
    base = model_of(write_llama(tmp_path / "base"), "alice/base")
    model = model_of(adapter(tmp_path / "lora", "alice/base"), "alice/lora")
    found = report(model, Wanted(hardware=(CARD,)), base)
    assert found.memory.weights_bytes == 2 * SMALL_PARAMETERS + 32768
    assert found.identity.sizes.total == 8192
    assert ("alice/base", "adapter") in [(e.name, e.relation) for e in found.identity.edges]
    assert "memory is of alice/base with this adapter" in found.warnings
    assert "--lora-modules adapter=alice/lora" in found.commands["vllm"].text


def test_an_adapter_without_its_base_and_adapters_in_a_ring(tmp_path: Path) -> None:
    model = model_of(adapter(tmp_path / "a", "alice/b"), "alice/a")
    ring = model_of(adapter(tmp_path / "b", "alice/a"), "alice/b")
    for base, why in ((None, "could not be read"), (ring, "is an adapter itself"), (model, "is")):
        found = report(model, Wanted(hardware=(CARD,)), base)
        assert found.memory.weights_bytes == 32768
        assert any(f"its base alice/b {why}" in warning for warning in found.warnings)


def test_the_door_asks_for_a_base_once(tmp_path: Path) -> None:
    sandbox = Sandbox(workers=1)
    try:
        fit = Fit(sandbox)
        model = fit.of_path(adapter(tmp_path, "http://evil.example/x"))
        asked: list[str] = []

        def lookup(name: str) -> Any:
            asked.append(name)
            raise EntryNotFound("no")

        found = fit.show(model, Wanted(), lookup)
        assert asked == ["http://evil.example/x"]
        assert any("could not be read" in warning for warning in found.warnings)
    finally:
        sandbox.close()


def test_a_config_that_names_no_class_has_its_family(tmp_path: Path) -> None:
    config = {key: value for key, value in SMALL.items() if key != "architectures"}
    assert report_json(shown(write_llama(tmp_path, config)))["architecture"] == "llama"
    assert report_json(shown(write_llama(tmp_path)))["architecture"] == "LlamaForCausalLM"


def test_activations_of_a_pipeline_are_said_not_to_count(tmp_path: Path) -> None:
    write_safetensors(tmp_path / "vae/model.safetensors", {"w": ("BF16", (8, 8))})
    index = {"_class_name": "WanPipeline", "vae": ["diffusers", "AutoencoderKLWan"]}
    found = shown(write_texts(tmp_path, {"model_index.json": index}))
    assert found.memory.compute_bytes == 0
    assert any("activations" in warning for warning in found.warnings)
    assert "not counted" in report_json(found)["memory"]["formulas"]["compute"]


def test_pickles_are_said_to_be(tmp_path: Path) -> None:
    from fit.weight_files import pickle_of, write_torch

    write_torch(tmp_path / "pytorch_model.bin", {"0": 64}, pickle_of([("FloatStorage", 16)]))
    found = shown(write_texts(tmp_path, {"config.json": SMALL}))
    assert any("pickles" in warning for warning in found.warnings)


def test_a_revision_is_not_what_commands_load(tmp_path: Path) -> None:
    model = replace(model_of(write_llama(tmp_path), "a/b"), revision="v2")
    assert any("of v2; the commands load the main" in w for w in report(model, Wanted()).warnings)
    main = replace(model, revision="main")
    assert not any("commands load" in warning for warning in report(main, Wanted()).warnings)


def test_hardware_is_ranked_from_the_smallest_that_fits(tmp_path: Path) -> None:
    model = model_of(write_texts(tmp_path, {"config.json": facts.LLAMA_8B}), "x/llama-8b")
    found = ranked(model, Wanted(), hardware_catalogue())
    assert len(found) >= 120
    verdicts = [each.verdict.verdict for each in found]
    assert verdicts == sorted(verdicts, key=["fits", "tight", "no"].index)
    first = found[0]
    assert first.is_loaded
    assert 18 <= (first.hardware.memory_gib or 0) <= 24
    fits = [each for each in found if each.verdict.verdict == "fits" and each.is_loaded]
    sizes = [round(each.hardware.memory_gib or 0) for each in fits]
    assert sizes == sorted(sizes)
    assert all(  # of one size the fastest first
        a.speed is None or b.speed is None or a.speed.low >= b.speed.low
        for a, b in pairwise(fits)
        if round(a.hardware.memory_gib or 0) == round(b.hardware.memory_gib or 0)
    )


def test_names_of_hardware(tmp_path: Path) -> None:
    assert hardware_named() == ()
    (custom,) = hardware_named(vram_gib=10, ram_gib=64)
    assert (custom.memory_gib, custom.ram_gib, custom.kind) == (10, 64, "gpu")
    (sized,) = hardware_named(("rtx 4090",), vram_gib=48, ram_gib=64)
    assert (sized.memory_gib, sized.ram_gib) == (48, 64)
    for wrong in (("rtx 409x",), ("auto",) * 65, ("x" * 1000,), ("",)):
        with pytest.raises(BadRequest):
            hardware_named(wrong)
    for size in (0.0, -1.0, float("nan"), float("inf"), 1e12):
        with pytest.raises(BadRequest):
            hardware_named(vram_gib=size)


@pytest.mark.parametrize(
    "wrong",
    [
        *({"gpus": 0}, {"gpus": 10**6}, {"parallel": 0}, {"context": 0}, {"context": 2**40}),
        *({"engine": "ctransformers"}, {"cache_type": "q2"}, {"train": "dpo"}),
        *({"price": 0.0}, {"price": float("nan")}, {"price": float("inf")}, {"price": 1e-300}),
    ],
    ids=str,
)
def test_wishes_that_cannot_be(wrong: Any) -> None:
    with pytest.raises(BadRequest):
        Wanted(**wrong)


def test_json_is_finite_and_of_one_form(quants: Path) -> None:
    hardware = (CARD, custom_hardware(ram_gib=8), find_hardware("H100"))
    whole = report_json(shown(quants, hardware=hardware, price=2.0, context=4096))
    assert json.loads(json.dumps(whole, allow_nan=False)) == whole
    for key in (
        "architecture params_total params_active params_effective size_source moe quantization "
        "context_max memory verdicts commands evaluations warnings"
    ).split():
        assert key in whole
    assert set(whole["quantization"]) >= {"label", "bits_per_weight", "format"}
    parts = {"context", "weights_bytes", "cache_bytes", "compute_bytes", "overhead_bytes"}
    assert set(whole["memory"]) >= parts | {"total_bytes"}
    for verdict in whole["verdicts"]:
        wanted = {"hardware", "verdict", "reason", "max_context", "memory", "speed"}
        assert set(verdict) >= wanted
        if verdict["speed"]:
            assert set(verdict["speed"]) == {"low", "high", "unit", "assumption"}
    assert whole["moe"] is None


def test_what_fits_nowhere_says_as_what_it_would(tmp_path: Path) -> None:
    """Qwen3-30B-A3B is 57 GiB; published Q5_K_M files of it are 20.2 GiB."""
    (tmp_path / "config.json").write_text(json.dumps(facts.QWEN3_30B_A3B))
    found = shown(tmp_path, hardware=(CARD, find_hardware("b200"), custom_hardware(vram_gib=4)))
    assert [each.verdict.verdict for each in found.placed] == ["no", "fits", "no"]
    would, not_asked, none = found.would_fit
    assert (not_asked, none) == (None, None)
    assert would is not None
    assert would[0] == "Q5_K_M"
    assert would[1] / GIB == pytest.approx(20.2, rel=0.01)
    assert "quantised to Q5_K_M (20.2" in fit_text.report(found)
    assert report_json(found)["verdicts"][0]["would_fit"]["label"] == "Q5_K_M"


def test_where_nothing_fits_the_largest_comes_first(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(facts.QWEN3_30B_A3B))
    cards = [custom_hardware(vram_gib=size) for size in (8, 40, 16)]
    found = ranked(model_of(tmp_path), Wanted(), cards)
    assert [each.hardware.memory_gib for each in found] == [40, 16, 8]
