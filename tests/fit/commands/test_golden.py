"""The command of each engine, in full, for models of every kind."""

from dataclasses import replace

import pytest

from fit.commands.subjects import ADA, ADAPTER, APPLE, FLUX, GIB, H100, HUB, LLAMA, QWEN_GGUF
from hearthub.fit.commands import Setting, Subject, commands

ASK = f"HF_ENDPOINT={HUB} "
NAME = LLAMA.repo


def text(engine: str, subject: Subject, setting: Setting = H100) -> str:
    return commands(subject, setting)[engine].text


def test_dense_weights_on_two_gpus() -> None:
    two = replace(H100, gpus=2, parallel=4, memory_fraction=0.85, cache_type="fp8")
    tagged = replace(LLAMA, tags=("text-generation-inference",))
    assert text("vllm", LLAMA, two) == (
        f"{ASK}vllm serve {NAME} --max-model-len 8192 --max-num-seqs 4"
        " --gpu-memory-utilization 0.85 --tensor-parallel-size 2 --kv-cache-dtype fp8"
    )
    assert text("sglang", LLAMA, two) == (
        f"{ASK}sglang serve --model-path {NAME} --context-length 8192 --max-running-requests 4"
        " --mem-fraction-static 0.85 --tp-size 2 --kv-cache-dtype fp8_e4m3"
    )
    assert text("tgi", tagged, two) == (
        f"{ASK}text-generation-launcher --model-id {NAME} --num-shard 2 --max-input-tokens 6144"
        " --max-total-tokens 8192 --kv-cache-dtype fp8_e4m3fn --cuda-memory-fraction 0.85"
    )


def test_the_engines_of_a_dense_model() -> None:
    assert list(commands(LLAMA, H100)) == ["transformers", "vllm", "sglang", "trl", "peft"]
    assert list(commands(LLAMA, APPLE)) == ["transformers", "mlx", "peft"]


def test_transformers() -> None:
    assert text("transformers", LLAMA) == (
        "import os\n\n"
        "os.environ[\"HF_ENDPOINT\"] = 'http://hub:8080'\n\n"
        "from transformers import AutoModelForCausalLM, AutoTokenizer\n\n"
        f"tokenizer = AutoTokenizer.from_pretrained('{NAME}')\n"
        f"model = AutoModelForCausalLM.from_pretrained('{NAME}', dtype=\"auto\","
        ' device_map="auto")\n'
        'inputs = tokenizer("Hello", return_tensors="pt").to(model.device)\n'
        "print(tokenizer.decode(model.generate(**inputs, max_new_tokens=64)[0]))"
    )


def test_no_endpoint_no_variable() -> None:
    for command in commands(replace(LLAMA, endpoint=None), H100).values():
        assert "HF_ENDPOINT" not in command.text


def test_gguf_with_experts_in_ram() -> None:
    setting = replace(ADA, cache_type="q8_0", cpu_expert_layers=12, parallel=2)
    assert list(commands(QWEN_GGUF, setting)) == ["llama.cpp", "ollama"]
    assert text("llama.cpp", QWEN_GGUF, setting) == (
        f"{ASK}llama-server -hf unsloth/Qwen3-30B-A3B-GGUF --hf-file Qwen3-30B-A3B-Q4_K_M.gguf"
        " -c 16384 -np 2 --n-cpu-moe 12 -fa on -ctk q8_0 -ctv q8_0"
    )
    assert text("ollama", QWEN_GGUF, setting) == (
        f"{ASK}hf download --local-dir ./qwen3-30b-a3b-gguf -- unsloth/Qwen3-30B-A3B-GGUF"
        " Qwen3-30B-A3B-Q4_K_M.gguf\n"
        "printf '%s\\n' 'FROM ./qwen3-30b-a3b-gguf/Qwen3-30B-A3B-Q4_K_M.gguf'"
        " 'PARAMETER num_ctx 8192' > Modelfile\n"
        "ollama create qwen3-30b-a3b-gguf -f Modelfile\n"
        "ollama run qwen3-30b-a3b-gguf"
    )


def test_gguf_by_label_or_from_a_folder() -> None:
    labelled = replace(QWEN_GGUF, file=None)
    assert "-hf unsloth/Qwen3-30B-A3B-GGUF:Q4_K_M -c" in text("llama.cpp", labelled)
    local = Subject("my models", "gguf", is_local=True, file="a.gguf", projector="mmproj.gguf")
    assert text("llama.cpp", local) == (
        "llama-server -m 'my models/a.gguf' --mmproj 'my models/mmproj.gguf' -c 8192 -np 1"
    )
    assert "'FROM ./my models/a.gguf'" in text("ollama", local)


def test_mlx() -> None:
    packed = replace(LLAMA, repo="mlx-community/Llama-4bit", format="mlx", endpoint=None)
    assert list(commands(packed, APPLE)) == ["mlx"]
    assert text("mlx", packed, APPLE) == (
        "mlx_lm.generate --model mlx-community/Llama-4bit --prompt Hello --max-kv-size 8192"
    )
    # RotatingKVCache.to_quantized of mlx-lm raises: never both flags
    small = text("mlx", packed, replace(APPLE, cache_type="q8_0"))
    assert small.endswith("--prompt Hello --kv-bits 8")


def test_what_sees() -> None:
    vision = replace(
        *(LLAMA,),
        repo="Qwen/Qwen2.5-VL-7B-Instruct",
        architecture="Qwen2_5_VLForConditionalGeneration",
        family="qwen2_5_vl",
        task="image-text-to-text",
    )
    found = commands(vision, H100)
    assert list(found) == ["transformers", "vllm", "sglang", "trl", "peft"]
    assert "AutoModelForImageTextToText.from_pretrained(" in found["transformers"].text
    assert text("mlx", vision, APPLE) == (
        f"{ASK}mlx_vlm.generate --model Qwen/Qwen2.5-VL-7B-Instruct --image image.jpg"
        " --prompt 'Describe this image' --max-kv-size 8192"
    )


def test_embeddings() -> None:
    embedder = replace(
        *(LLAMA,),
        repo="BAAI/bge-m3",
        architecture="XLMRobertaModel",
        family="xlm-roberta",
        task="sentence-similarity",
        context_max=8194,
    )
    found = commands(embedder, H100)
    assert list(found) == ["transformers", "vllm", "sglang"]
    assert found["vllm"].text == (
        f"{ASK}vllm serve BAAI/bge-m3 --runner pooling --max-model-len 8192"
    )
    assert "--is-embedding" in found["sglang"].text
    assert "AutoModel.from_pretrained(" in found["transformers"].text


def test_an_adapter_runs_on_its_base() -> None:
    found = commands(ADAPTER, H100)
    assert list(found) == ["vllm", "sglang", "peft"]
    assert found["vllm"].text == (
        f"{ASK}vllm serve {NAME} --max-model-len 8192 --enable-lora --max-lora-rank 32"
        " --lora-modules adapter=alice/llama-lora"
    )
    assert f"--model-path {NAME}" in found["sglang"].text
    assert "--lora-paths adapter=alice/llama-lora" in found["sglang"].text
    assert "AutoPeftModelForCausalLM.from_pretrained('alice/llama-lora'" in found["peft"].text


@pytest.mark.parametrize(
    ("memory", "call"),
    [
        (80, 'device_map="cuda")\n'),
        (32, "pipe.enable_model_cpu_offload()"),
        (12, "pipe.enable_group_offload("),
    ],
)
def test_diffusion_by_memory(memory: int, call: str) -> None:
    found = commands(FLUX, replace(H100, gpu_bytes=memory * GIB))
    assert list(found) == ["diffusers"]
    assert call in found["diffusers"].text
    assert ("device_map" in found["diffusers"].text) == (memory == 80)


def test_video_is_decoded_in_tiles() -> None:
    wan = replace(FLUX, architecture="WanPipeline", task="text-to-video")
    assert "pipe.vae.enable_tiling()" in text("diffusers", wan)
    assert 'export_to_video(pipe("An astronaut riding a horse").frames[0]' in text("diffusers", wan)


def test_an_image_model_as_gguf_is_for_diffusers_alone() -> None:
    single = Subject(
        repo="city96/FLUX.1-dev-gguf",
        format="gguf",
        file="flux1-dev-Q4_0.gguf",
        architecture="flux",
        task="text-to-image",
        base=FLUX.repo,
    )
    assert list(commands(single, H100)) == ["diffusers"]
    assert "FluxTransformer2DModel.from_single_file(" in text("diffusers", single)
    assert "GGUFQuantizationConfig(compute_dtype=torch.bfloat16)" in text("diffusers", single)
    assert commands(replace(single, base=None), H100) == {}


def test_training() -> None:
    head = f"{ASK}trl sft --model_name_or_path {NAME} --dataset_name DATASET --output_dir trained"
    assert text("trl", LLAMA, replace(H100, train="full", gpus=8)) == (
        f"{head} --max_length 8192 --accelerate_config zero3 --num_processes 8"
    )
    assert text("trl", LLAMA, replace(ADA, train="qlora", context=2048)) == (
        f"{head} --max_length 2048 --use_peft --lora_r 16 --lora_alpha 32 --dtype bfloat16"
        " --load_in_4bit --use_bnb_nested_quant"
    )
    qlora = text("peft", LLAMA, replace(ADA, train="qlora"))
    assert "prepare_model_for_kbit_training(model)" in qlora
    assert 'bnb_4bit_quant_type="nf4"' in qlora


def test_packed_where_16_bits_do_not_fit() -> None:
    large = replace(LLAMA, weights_bytes=30 * GIB)
    found = commands(large, ADA)["transformers"]
    assert "quantization_config=BitsAndBytesConfig(load_in_4bit=True" in found.text
    assert any("packed to 4 bits" in warning for warning in found.warnings)
    assert "BitsAndBytesConfig" not in text("transformers", large, H100)
