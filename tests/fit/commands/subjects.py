"""Models as their repos describe them, one for each way of being loaded."""

from hearthub.fit.commands import Setting, Subject

HUB = "http://hub:8080"
GIB = 2**30
LLAMA = Subject(
    repo="meta-llama/Llama-3.1-8B-Instruct",
    format="safetensors",
    dtype="BF16",
    architecture="LlamaForCausalLM",
    family="llama",
    task="text-generation",
    context_max=131_072,
    endpoint=HUB,
)
QWEN_GGUF = Subject(
    repo="unsloth/Qwen3-30B-A3B-GGUF",
    format="gguf",
    file="Qwen3-30B-A3B-Q4_K_M.gguf",
    label="Q4_K_M",
    architecture="qwen3moe",
    task="text-generation",
    is_moe=True,
    context_max=40_960,
    endpoint=HUB,
)
FLUX = Subject(
    repo="black-forest-labs/FLUX.1-dev",
    format="diffusers",
    architecture="FluxPipeline",
    task="text-to-image",
    weights_bytes=34 * GIB,
    largest_part_bytes=23 * GIB,
)
ADAPTER = Subject(
    repo="alice/llama-lora",
    format="adapter",
    base=LLAMA.repo,
    task="text-generation",
    adapter_rank=24,
    endpoint=HUB,
)
H100 = Setting(vendor="nvidia", compute_capability=9.0, gpu_bytes=80 * GIB)
ADA = Setting(vendor="nvidia", compute_capability=8.9, gpu_bytes=24 * GIB)
TURING = Setting(vendor="nvidia", compute_capability=7.5, gpu_bytes=16 * GIB)
VOLTA = Setting(vendor="nvidia", compute_capability=7.0, gpu_bytes=32 * GIB)
APPLE = Setting(vendor="apple")
