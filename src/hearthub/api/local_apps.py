"""`apps=ollama`: which models a local app can run, in facets.

As `local-apps.ts` of @huggingface/tasks has it, where a GGUF file counts whatever its header says.
"""

from collections.abc import Sequence

Facet = tuple[str, str]

_GGUF, _MLX = ("format", "gguf"), ("tag", "mlx")
_DIFFUSERS, _IMAGES = ("library", "diffusers"), ("task", "text-to-image")
_CHATS = (("task", "text-generation"), ("task", "image-text-to-text"))
_QUANTIZED = tuple(("quantization", name) for name in ("awq", "gptq", "aqlm", "marlin"))
_TRANSFORMERS = ("tag", "transformers")
_READ_GGUF = "llama.cpp node-llama-cpp localai jan backyard jellybox msty recursechat ollama"
_AGENTS = ("pi", "hermes-agent", "openclaw")

# App -> what must all be there, of each entry one.
_APPS: dict[str, tuple[tuple[Facet, ...], ...]] = {
    **dict.fromkeys(_READ_GGUF.split(), ((_GGUF,),)),
    **dict.fromkeys(_AGENTS, ((_GGUF, _MLX), (("tag", "conversational"),))),
    **dict.fromkeys(("lmstudio", "atomic-chat"), ((_GGUF, _MLX),)),
    "mlx-lm": ((_MLX,), (("task", "text-generation"),)),
    "unsloth": ((_GGUF, ("tag", "unsloth")),),
    "lemonade": ((_GGUF, ("tag", "ryzenai-hybrid"), ("tag", "ryzenai-npu")),),
    "tgi": ((("tag", "text-generation-inference"),),),
    "vllm": ((_TRANSFORMERS, _GGUF, *_QUANTIZED), _CHATS),
    "sglang": ((_TRANSFORMERS, *_QUANTIZED), _CHATS),
    "docker-model-runner": ((_TRANSFORMERS, _GGUF, *_QUANTIZED), (_GGUF, *_CHATS)),
    "drawthings": ((_DIFFUSERS,), (_IMAGES, ("tag", "lora"))),
    "diffusionbee": ((_DIFFUSERS,), (_IMAGES,)),
    "joyfusion": ((("tag", "coreml"),), (("tag", "joyfusion"),), (_IMAGES,)),
}
_UNKNOWN: tuple[tuple[Facet, ...], ...] = ((),)


def run_by(names: Sequence[str]) -> list[Sequence[Facet]]:
    """What models must have that each of these apps can run; an app nobody knows runs none."""
    apps = [name.strip() for text in names for name in text.split(",") if name.strip()]
    return [group for app in apps for group in _APPS.get(app, _UNKNOWN)]
