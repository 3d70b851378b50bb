"""What lists keep of a model: from files, and without them."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fit import small_models as small
from fit.architecture.facts import LLAMA_8B, LLAMA_70B
from hearthub.fit.guesses import Known, of_observed, usual_cache
from hearthub.fit.hub_fields import gguf_field, safetensors_field
from hearthub.fit.model import Model, read_model
from hearthub.fit.sources import local
from hearthub.fit.summary import APPS, Summary, of_model

GIB = 2**30


def model(path: Path, files: dict[str, bytes], name: str = "acme/small") -> Model:
    return read_model(local(small.folder(path, files)), name)


LLAMA = {"config.json": small.config(), "model.safetensors": small.safetensors()}


class TestOfFiles:
    def test_safetensors(self, tmp_path: Path) -> None:
        read = model(tmp_path, LLAMA)
        need = 2 * small.PARAMETERS + small.CACHE + small.STEP + small.OVERHEAD
        assert of_model(read) == Summary(
            confidence="header",
            params_total=small.PARAMETERS,
            size_source="header",
            context_max=4096,
            context=4096,
            format="safetensors",
            bits_per_weight=16.0,
            need_bytes=need,
            apps=("transformers", "vllm", "sglang", "mlx-lm", "trl", "peft"),
        )
        assert safetensors_field(read.contents) == {
            "parameters": {"BF16": small.PARAMETERS},
            "total": small.PARAMETERS,
            "sharded": False,
        }
        assert gguf_field(read.contents) is None

    def test_shards(self, tmp_path: Path) -> None:
        names = list(small.SHAPES)
        files = {
            "model-00001-of-00002.safetensors": small.safetensors(names=names[:5]),
            "model-00002-of-00002.safetensors": small.safetensors(names=names[5:]),
        }
        found = safetensors_field(model(tmp_path, files).contents)
        assert found == {
            "parameters": {"BF16": small.PARAMETERS},
            "total": small.PARAMETERS,
            "sharded": True,
        }

    def test_gguf_by_label(self, tmp_path: Path) -> None:
        """The smallest decides, and each label has its own."""
        files = {f"m-{kind}.gguf": small.gguf(kind) for kind in ("Q8_0", "Q4_K", "F16")}
        read = model(tmp_path, files)
        found = of_model(read)
        assert (found.confidence, found.format, found.context) == ("header", "gguf", 4096)
        assert set(found.need_by_label) == {"Q8_0", "Q4_K", "F16"}
        assert found.need_bytes == found.need_by_label["Q4_K"] == min(found.need_by_label.values())
        assert found.apps == ("llama.cpp", "ollama")
        assert found.params_total == small.GGUF_PARAMETERS
        per_weight = small.GGUF_PARAMETERS * (8.5 - 4.5) / 8
        apart = found.need_by_label["Q8_0"] - found.need_by_label["Q4_K"]
        assert apart == pytest.approx(per_weight, rel=0.01)

    def test_gguf_as_the_hub_tells_it(self, tmp_path: Path) -> None:
        told = {
            "tokenizer.chat_template": "{{ messages }}",
            "quantize.imatrix.file": "some.imatrix",
        }
        read = model(tmp_path, {"m.gguf": small.gguf(**told)})
        assert gguf_field(read.contents) == {
            "total": small.GGUF_PARAMETERS,
            "architecture": "llama",
            "context_length": 4096,
            "quantize_imatrix_file": "some.imatrix",
            "chat_template": "{{ messages }}",
        }

    def test_both_formats(self, tmp_path: Path) -> None:
        found = of_model(model(tmp_path, LLAMA | {"m-Q8_0.gguf": small.gguf()}))
        assert found.format == "safetensors"
        assert found.need_bytes == min(of_model(model(tmp_path / "a", LLAMA)).need_bytes or 0,
                                       found.need_by_label["Q8_0"])  # fmt: skip
        assert {"vllm", "llama.cpp"} <= set(found.apps)

    def test_an_adapter_has_no_need(self, tmp_path: Path) -> None:
        adapter = json.dumps({"base_model_name_or_path": "acme/base", "r": 8}).encode()
        weights = small.safetensors(names=["model.norm.weight"])
        files = {"adapter_config.json": adapter, "adapter_model.safetensors": weights}
        found = of_model(model(tmp_path, files, "acme/Llama-8B-lora"))
        assert found.need_bytes is None
        assert found.params_total == small.HIDDEN

    def test_a_pipeline_is_the_sum_of_its_parts(self, tmp_path: Path) -> None:
        index = {"_class_name": "StableDiffusionPipeline", "unet": ["diffusers", "U"]}
        index |= {"vae": ["diffusers", "V"]}
        files = {
            "model_index.json": json.dumps(index).encode(),
            "unet/diffusion_pytorch_model.safetensors": small.safetensors("F16"),
            "vae/diffusion_pytorch_model.safetensors": small.safetensors("F32"),
        }
        read = model(tmp_path, files)
        found = of_model(read)
        assert found.need_bytes == (2 + 4) * small.PARAMETERS + small.OVERHEAD
        assert (found.confidence, found.context) == ("header", None)
        assert "diffusers" in found.apps
        total = (safetensors_field(read.contents) or {})["total"]
        assert total == found.params_total == 2 * small.PARAMETERS

    def test_a_shape_nobody_knows(self, tmp_path: Path) -> None:
        found = of_model(model(tmp_path, {"model.safetensors": small.safetensors()}))
        assert found.confidence == "config"
        assert found.need_bytes == 2 * small.PARAMETERS + small.OVERHEAD


class TestWithoutFiles:
    def test_a_config_and_a_total(self) -> None:
        config = {"architectures": ["LlamaForCausalLM"], **LLAMA_8B}
        found = of_observed(
            "meta/x", Known(config=config, total=8_030_261_248, task="text-generation")
        )
        assert (found.confidence, found.size_source) == ("config", "recorded")
        assert (found.params_total, found.context) == (8_030_261_248, 8192)
        assert found.need_bytes == pytest.approx(14.96 * GIB + 1.55 * GIB, rel=0.03)
        assert "vllm" in found.apps

    def test_a_config_alone(self) -> None:
        found = of_observed("meta/x", Known(config=LLAMA_70B, quantization="awq"))
        assert (found.confidence, found.size_source) == ("config", "config")
        assert found.params_total == pytest.approx(70.55e9, rel=0.001)
        assert found.need_bytes == pytest.approx(42 * GIB, rel=0.05)

    @pytest.mark.parametrize(
        ("name", "known", "total", "need"),
        [
            ("meta/Llama-3.1-8B", {"formats": ["safetensors"]}, 8e9, 17.2),
            ("x/Qwen3-30B-A3B-GGUF", {"formats": ["gguf"]}, 30e9, 19.9),
            ("x/Qwen3-8B-4bit", {"library": "mlx", "total": 1_280_000_000}, 8e9, 5.65),
            ("deepseek-ai/DeepSeek-V3", {"quantization": "fp8"}, 671_026_404_352, 633.0),
        ],
    )
    def test_a_name(self, name: str, known: dict[str, Any], total: float, need: float) -> None:
        found = of_observed(name, Known(task="text-generation", **known))
        assert found.confidence == "name"
        assert found.params_total == total
        assert (found.need_bytes or 0) / GIB == pytest.approx(need, rel=0.05)

    def test_packed_weights_that_were_counted_as_they_lie(self) -> None:
        """community data lists a 4-bit copy of 35 B as 6 B"""
        found = of_observed("x/Qwen3.6-35B-A3B-4bit", Known(total=5_900_000_000, library="mlx"))
        assert (found.params_total, found.size_source) == (35_000_000_000, "name")
        found = of_observed("x/Qwen3.6-35B-A3B", Known(total=35_100_000_000))
        assert (found.params_total, found.size_source) == (35_100_000_000, "recorded")

    def test_nothing_is_known(self) -> None:
        assert of_observed("acme/thing", Known()) == Summary("name")

    def test_an_adapter(self) -> None:
        found = of_observed("acme/Llama-8B-lora", Known(library="peft", total=40_000_000))
        assert found.need_bytes is None

    def test_the_curve_of_caches(self) -> None:
        published = {1.24e9: 32_768, 8.03e9: 131_072, 70.55e9: 327_680}
        for parameters, size in published.items():
            assert 0.6 < usual_cache(round(parameters)) / size < 1.7


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
names = st.sampled_from([*Summary.__dataclass_fields__, "other"])


@given(st.dictionaries(names, anything, max_size=8))
def test_json_of_strangers(values: dict[str, Any]) -> None:
    found = Summary.from_json(values)
    assert Summary.from_json(json.loads(json.dumps(found.to_json()))) == found
    assert found.confidence in ("header", "config", "name")
    assert set(found.apps) <= set(APPS)
    for number in (found.params_total, found.need_bytes, found.context):
        assert number is None or 0 < number <= 2**60


@given(
    st.text(max_size=300),
    st.dictionaries(st.sampled_from(list(LLAMA_8B)), anything, max_size=9),
    st.none() | st.integers(),
)
def test_observations_of_anything(name: str, config: dict[str, Any], total: int | None) -> None:
    found = of_observed(name, Known(config=config, total=total))
    assert len(json.dumps(found.to_json())) < 1000
