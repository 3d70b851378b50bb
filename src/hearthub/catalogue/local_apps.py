"""`apps=ollama`: which models a local app can run.

Of the engines that hearthub.fit writes commands for it tells which load a model, from its headers
and its config; each is a facet. Where too little is known of a model, and of the other apps,
`local-apps.ts` of @huggingface/tasks has the rule, in facets: there a GGUF file counts whatever its
header says.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from hearthub.fit import APPS

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
_ENGINES = [name for name in APPS if name in _APPS]
"""Those that have a rule too."""
_UNKNOWN: tuple[tuple[Facet, ...], ...] = ((),)


def run_by(names: Sequence[str]) -> list[Sequence[Facet]]:
    """What models must have that each of these apps can run; an app nobody knows runs none."""
    apps = [name.strip() for text in names for name in text.split(",") if name.strip()]
    return [group for app in apps for group in _groups(app)]


def apps_of(fit: Mapping[str, Any] | None, has: Collection[Facet]) -> list[str]:
    """Engines that load a model, from its summary, else from its other facets."""
    known = fit or {}
    if known.get("apps") or known.get("confidence") == "header":
        return list(known.get("apps", ()))
    return [
        app for app in _ENGINES if all(any(facet in has for facet in group) for group in _APPS[app])
    ]


def _groups(app: str) -> Sequence[Sequence[Facet]]:
    return [[("app", app)]] if app in APPS else _APPS.get(app, _UNKNOWN)
