"""Each flag we print is one that its program takes.

The sets are what the programs' own parsers accepted: vllm 0.32.0, mlx-lm 0.32.2, trl 1.16.0 and
llama.cpp (as in llama-cpp-python 0.3.36) parsed our commands; sglang 0.5.23, mlx-vlm 0.7.10 and
text-generation-inference db931fc declare the names in their sources.
"""

import shlex
from dataclasses import replace

from fit.commands.subjects import ADA, ADAPTER, APPLE, H100, LLAMA, QWEN_GGUF, TURING
from hearthub.fit.commands import Setting, commands

FLAGS = {
    "vllm": """--runner --max-model-len --max-num-seqs --gpu-memory-utilization --dtype
        --tensor-parallel-size --enable-expert-parallel --kv-cache-dtype --enable-lora
        --max-lora-rank --lora-modules --trust-remote-code""",
    "sglang": """--model-path --is-embedding --context-length --max-running-requests --dtype
        --mem-fraction-static --tp-size --kv-cache-dtype --lora-paths --trust-remote-code""",
    "tgi": """--model-id --num-shard --quantize --max-input-tokens --max-total-tokens
        --kv-cache-dtype --cuda-memory-fraction""",
    "llama.cpp": """-hf --hf-file -m --mmproj -c -np -ngl --n-cpu-moe -fa -ctk -ctv --embedding
        --rerank""",
    "ollama": "--local-dir -- -f",
    "mlx": "--model --prompt --image --kv-bits --max-kv-size",
    "trl": """--model_name_or_path --dataset_name --output_dir --max_length --use_peft --lora_r
        --lora_alpha --dtype --load_in_4bit --use_bnb_nested_quant --bf16 --fp16
        --trust_remote_code --accelerate_config --num_processes""",
}
TAGGED = replace(LLAMA, tags=("text-generation-inference",), quantization="awq")
SUBJECTS = [LLAMA, TAGGED, QWEN_GGUF, ADAPTER, replace(LLAMA, format="mlx")]
SUBJECTS += [
    replace(LLAMA, has_auto_map=True, family="acme"),
    replace(LLAMA, architecture="MixtralForCausalLM", family="mixtral", is_moe=True),
    replace(LLAMA, task="image-text-to-text", family="qwen2_5_vl"),
    replace(LLAMA, task="sentence-similarity"),
    replace(QWEN_GGUF, task="sentence-similarity", is_local=True, projector="mmproj.gguf"),
    replace(QWEN_GGUF, task="text-ranking"),
]
SETTINGS = [Setting(), H100, replace(APPLE, cache_type="q4_0"), APPLE]
SETTINGS += [
    replace(H100, gpus=4, parallel=8, cache_type="fp8", memory_fraction=0.8, train="full"),
    replace(TURING, gpus=2, cache_type="q8_0", cpu_expert_layers=3, gpu_layers=20),
    replace(ADA, train="qlora"),
]


def test_every_flag_is_known_and_every_known_flag_is_printed() -> None:
    printed: dict[str, set[str]] = {engine: set() for engine in FLAGS}
    for subject in SUBJECTS:
        for setting in SETTINGS:
            for engine, command in commands(subject, setting).items():
                if command.language == "shell":
                    words = shlex.split(command.text)
                    printed[engine] |= {word for word in words if word.startswith("-")}
    known = {engine: set(flags.split()) for engine, flags in FLAGS.items()}
    assert printed == known
