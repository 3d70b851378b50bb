"""Tags, library, task and relation of models, by example."""

from typing import Any

import pytest

from hearthub.catalogue.facts import Facts, model_facts

LLAMA = {"model_type": "llama", "architectures": ["LlamaForCausalLM"]}


def facts(
    *paths: str,
    card: dict[str, Any] | None = None,
    body: str = "",
    config: dict[str, Any] | None = None,
    **more: Any,
) -> Facts:
    weights = more.pop("safetensors", None)
    return model_facts(paths, card or {}, body, config or {}, "eu", weights, **more)


def test_all_tags_in_their_order() -> None:
    card = {
        "license": "llama3.1",
        "language": ["en", "de"],
        "tags": ["legal"],
        "datasets": ["acme/laws"],
        "base_model": "meta/base",
        "doi": "https://doi.org/10.57967/hf/2493",
        "model-index": [{"name": "x", "results": [{"task": {}}]}],
    }
    found = facts(
        *("config.json", "model-00001-of-2.safetensors", "pytorch_model-00001-of-2.bin"),
        *("logs/events.out.tfevents.3", "onnx/model.onnx", ".eval_results/mmlu.yaml"),
        "chat_template.jinja",
        card=card,
        body="[paper](https://arxiv.org/abs/2407.21783v1), https://huggingface.co/papers/2402.03300",
        config=LLAMA | {"quantization_config": {"quant_method": "awq", "bits": 4}},
    )
    assert found.tags == [
        *("transformers", "pytorch", "tensorboard", "onnx", "safetensors", "llama"),
        *("text-generation", "legal", "conversational", "en", "de", "dataset:acme/laws"),
        *("arxiv:2407.21783", "arxiv:2402.03300", "base_model:meta/base"),
        *("base_model:quantized:meta/base", "doi:10.57967/hf/2493", "license:llama3.1"),
        *("model-index", "eval-results", "text-generation-inference", "endpoints_compatible"),
        *("4-bit", "awq", "region:eu"),
    ]
    assert found.licenses == ["llama3.1"]
    assert found.languages == ["en", "de"]
    assert found.formats == ["pytorch", "tensorboard", "onnx", "safetensors"]
    assert found.quantization == "awq"
    assert found.doi == "10.57967/hf/2493"


@pytest.mark.parametrize(
    ("files", "card", "config", "library"),
    [
        (["config.json"], {}, LLAMA, "transformers"),
        (["config.json"], {"library_name": "vllm"}, LLAMA, "vllm"),
        (["adapter_config.json", "config.json"], {}, {}, "peft"),
        (["model_index.json"], {}, {}, "diffusers"),
        (["modules.json", "config.json"], {}, {"model_type": "bert"}, "sentence-transformers"),
        (["open_clip_config.json"], {}, {}, "open_clip"),
        (["config.json"], {}, {"architecture": "vit", "pretrained_cfg": {}}, "timm"),
        (["config.json"], {}, {"input_features": {}, "output_features": {}}, "lerobot"),
        (["config.json"], {}, LLAMA | {"quantization": {"bits": 4}}, "mlx"),
        (["a.Q4_K_M.gguf"], {}, {}, "gguf"),
        (["a.gguf", "model.safetensors"], {}, {}, None),
        (["model.safetensors"], {"tags": ["unsloth", "transformers"]}, {}, "transformers"),
        (["config.json"], {"tags": ["sentence-transformers"]}, LLAMA, "sentence-transformers"),
        (["model.safetensors"], {}, {}, None),
    ],
)
def test_the_library(
    files: list[str], card: dict[str, Any], config: dict[str, Any], library: str | None
) -> None:
    found = facts(*files, card=card, config=config)
    assert found.library == library
    assert (found.tags[0] == library) == (library is not None)


def test_formats_by_file_names() -> None:
    files = "tf_model.h5 flax_model.msgpack rust_model.ot m.tflite openvino_model.xml x.joblib"
    assert facts(*files.split(), "a.mlpackage/Data/w.bin").formats == [
        *("tf", "jax", "tflite", "rust", "coreml", "openvino", "joblib"),
    ]
    assert facts("best.pt", "v.ckpt", "training_args.bin", "keras.h5", "gguf").formats == []


@pytest.mark.parametrize(
    ("config", "task"),
    [
        (LLAMA, "text-generation"),
        ({"architectures": ["GPT2LMHeadModel"]}, "text-generation"),
        ({"architectures": ["TFBertForMaskedLM"]}, "fill-mask"),
        (
            {"architectures": ["Qwen3VLForConditionalGeneration"], "vision_config": {}},
            "image-text-to-text",
        ),
        ({"architectures": ["Qwen2AudioForConditionalGeneration"]}, "audio-text-to-text"),
        (
            {"architectures": ["NewAudioForConditionalGeneration"], "audio_config": {}},
            "audio-text-to-text",
        ),
        ({"architectures": ["WhisperForConditionalGeneration"]}, "automatic-speech-recognition"),
        ({"architectures": ["Qwen3ASRForConditionalGeneration"]}, "automatic-speech-recognition"),
        ({"architectures": ["VitsModel"]}, "text-to-audio"),
        ({"architectures": ["Wav2Vec2ForSequenceClassification"]}, "audio-classification"),
        ({"architectures": ["DetrForObjectDetection"]}, "object-detection"),
        ({"architectures": ["Owlv2ForObjectDetection"]}, "zero-shot-object-detection"),
        ({"architectures": ["CLIPModel"]}, "zero-shot-image-classification"),
        ({"architectures": ["DINOv3ViTModel"]}, "image-feature-extraction"),
        ({"architectures": ["BertModel"]}, "feature-extraction"),
        ({"architectures": ["SamModel"]}, "mask-generation"),
        ({"architectures": ["ColPaliForRetrieval"]}, "visual-document-retrieval"),
        ({"architectures": ["VideoMAEForVideoClassification"]}, "video-classification"),
        ({"architectures": ["OpenVLAForActionPrediction"]}, "robotics"),
        ({"architectures": ["TimesFmModelForPrediction"]}, "time-series-forecasting"),
        (
            {"architectures": ["Own"], "auto_map": {"AutoModelForCausalLM": "m.Own"}},
            "text-generation",
        ),
        ({"architectures": ["T5ForConditionalGeneration"]}, None),  # a tag, but no task any more
        ({"architectures": ["Own"]}, None),
    ],
)
def test_the_task_of_a_class(config: dict[str, Any], task: str | None) -> None:
    assert facts("config.json", config=config).pipeline_tag == task


def test_the_task_a_card_tells() -> None:
    def task(**card: Any) -> str | None:
        return facts("config.json", card=card, config=LLAMA).pipeline_tag

    assert task(pipeline_tag="translation") == "translation"
    assert task(tags=["x", "sentence-similarity", "feature-extraction"]) == "feature-extraction"
    assert task(pipeline_tag="text2text-generation") == "text-generation"
    named = facts("config.json", card={"pipeline_tag": "translation", "tags": ["a"]}, config=LLAMA)
    assert named.tags[1:5] == ["llama", "text-generation", "a", "translation"]
    t5 = facts("config.json", config={"architectures": ["T5ForConditionalGeneration"]})
    assert "text2text-generation" in t5.tags


@pytest.mark.parametrize(
    ("name", "task"),
    [
        ("FluxPipeline", "text-to-image"),
        ("FluxKontextPipeline", "image-to-image"),
        ("CogVideoXImageToVideoPipeline", "image-to-video"),
        ("WanPipeline", "text-to-video"),
        ("StableAudioPipeline", "text-to-audio"),
        ("DDPMPipeline", "unconditional-image-generation"),
        (["x"], None),
    ],
)
def test_diffusers_by_its_index(name: object, task: str | None) -> None:
    found = facts("model_index.json", model_index={"_class_name": name})
    assert found.pipeline_tag == task
    assert (f"diffusers:{name}" in found.tags) == (task is not None)


@pytest.mark.parametrize(
    ("files", "card", "config", "relation"),
    [
        ([], {}, {}, "finetune"),
        ([], {"base_model_relation": "merge"}, {}, "merge"),
        ([], {"base_model_relation": "child"}, {}, "finetune"),
        (["adapter_config.json"], {}, {}, "adapter"),
        ([], {"library_name": "peft"}, {}, "adapter"),
        ([], {"base_model": ["a/b", "c/d"], "tags": ["merge"]}, {}, "merge"),
        ([], {"base_model": ["a/b", "c/d"]}, {}, "finetune"),
        ([], {"tags": ["merge"]}, {}, "finetune"),
        (["x.gguf"], {}, {}, "quantized"),
        (["onnx/model.onnx"], {}, {}, "quantized"),
        ([], {}, {"quantization_config": {"quant_method": "fp8"}}, "quantized"),
        ([], {}, {"quantization": {"group_size": 64, "bits": 4}}, "quantized"),
    ],
)
def test_how_a_model_came_from_its_base(
    files: list[str], card: dict[str, Any], config: dict[str, Any], relation: str
) -> None:
    found = facts(*files, card={"base_model": "a/b"} | card, config=config)
    assert found.relation == relation
    assert {"base_model:a/b", f"base_model:{relation}:a/b"} <= set(found.tags)


@pytest.mark.parametrize(
    ("config", "by_dtype", "words"),
    [
        ({}, {"BF16": 9}, []),
        ({"quantization_config": {"quant_method": "gptq", "bits": 8}}, {}, ["8-bit", "gptq"]),
        ({"quantization_config": {"load_in_4bit": True}}, {"U8": 9}, ["4-bit", "bitsandbytes"]),
        ({"quantization_config": {"quant_method": "fp8"}}, {"F8_E4M3": 9, "BF16": 1}, ["fp8"]),
        ({"quantization_config": {"quant_method": "mxfp4"}}, {"U8": 9}, ["8-bit", "mxfp4"]),
        (
            {"quantization_config": {"quant_method": "compressed-tensors"}},
            {"I32": 9},
            ["compressed-tensors"],
        ),
        (
            {"quantization_config": {"quant_method": "intel/auto-round", "bits": 4}},
            {},
            ["4-bit", "auto-round"],
        ),
        ({"quantization_config": {"quant_method": "mine", "bits": 400}}, {}, []),
        ({"quantization": {"bits": 6}}, {}, ["6-bit"]),
        ({}, {"U8": 6, "F32": 5}, ["8-bit"]),
    ],
)
def test_quantisation(config: dict[str, Any], by_dtype: dict[str, int], words: list[str]) -> None:
    weights = {"parameters": by_dtype, "total": sum(by_dtype.values())}
    found = facts("config.json", config=config, safetensors=weights)
    assert [t for t in found.tags if t not in {"transformers", "mlx", "endpoints_compatible"}] == [
        *words,
        "region:eu",
    ]
    assert found.quantization == (words[-1] if words else None)
    assert found.parameters_total == weights["total"]


def test_gguf_tells_after_the_region() -> None:
    found = facts("a.Q4_0.gguf", "imatrix_unsloth.dat", gguf={"chat_template": "{{ x }}"})
    told = ["gguf", "endpoints_compatible", "region:eu", "imatrix", "conversational"]
    assert found.tags == told


def test_who_serves_it() -> None:
    bert = {"model_type": "bert", "architectures": ["BertForSequenceClassification"]}
    embeds, endpoint = "text-embeddings-inference", "endpoints_compatible"
    assert {embeds, endpoint} <= set(facts("config.json", "tokenizer.json", config=bert).tags)
    assert embeds not in facts("config.json", config=bert).tags
    own = {"auto_map": {"AutoModel": "m.M"}, "model_type": "own"}
    assert "custom_code" in facts("config.json", config=own).tags
    assert endpoint not in facts("config.json", config=own).tags
    assert endpoint not in facts("config.json", config=LLAMA, card={"inference": False}).tags
    assert endpoint not in facts("adapter_config.json").tags


@pytest.mark.parametrize("where", ["config", "tokenizer", "file"])
def test_a_chat_template(where: str) -> None:
    template = {"chat_template": "{% for m in messages %}\n{{ m }}"}
    found = facts(
        "config.json",
        *(["chat_template.jinja"] if where == "file" else []),
        config=LLAMA | (template if where == "config" else {}),
        tokenizer=template if where == "tokenizer" else {},
    )
    assert "conversational" in found.tags
    assert found.config.get("chat_template") == (
        template["chat_template"] if where == "config" else None
    )
    assert "conversational" not in facts("config.json", config=LLAMA).tags
    bert = {"architectures": ["BertForMaskedLM"]}
    assert "conversational" not in facts("config.json", config=bert, tokenizer=template).tags


def test_results_that_are_none() -> None:
    empty = {"model-index": [{"name": "x", "results": []}]}
    assert "model-index" not in facts(card=empty).tags


def test_papers_and_their_bounds() -> None:
    body = "arxiv.org/pdf/2306.01116 arxiv.org/abs/12.1 hf.co/papers/2306.01116 "
    assert [t for t in facts(body=body).tags if "arxiv" in t] == ["arxiv:2306.01116"]
    many = " ".join(f"arxiv.org/abs/2306.{n:05}" for n in range(1000))
    assert len(facts(body=many).tags) == 101
