"""Which engine loads what: formats, quantisations, architectures and GPUs, and why one does not.

Formats and methods are read from vllm 0.32.0, sglang 0.5.23, text-generation-inference db931fc,
llama.cpp as in llama-cpp-python 0.3.36, transformers 5.24.0, mlx-lm 0.32.2 and diffusers 0.42.1.
What others print and what does not load is left out: GGUF and bitsandbytes in vLLM, bitsandbytes
weights in text-generation-inference (it quantises 16-bit ones as it loads them).
"""

import re
from collections.abc import Callable, Mapping

from hearthub.fit.commands import known_libraries, known_servers
from hearthub.fit.commands.quoting import problem
from hearthub.fit.commands.subject import Setting, Subject

EMBEDDING_TASKS = frozenset({"feature-extraction", "sentence-similarity"})
POOLING_TASKS = EMBEDDING_TASKS | {"text-ranking", "text-classification"}
SEEING_TASKS = frozenset({"image-text-to-text", "video-text-to-text", "any-to-any"})
DRAWING_TASKS = frozenset(
    """
    text-to-image image-to-image text-to-video image-to-video video-to-video inpainting
    unconditional-image-generation
    """.split()
)
CHAT_TASKS = SEEING_TASKS | {"text-generation", "audio-text-to-text", None}

# The images that GGUF files hold, by the names that their converters write, and the class of
# diffusers that reads them (loaders/single_file_model.py).
DRAWING_GGUF = {
    "flux": "FluxTransformer2DModel",
    "sd3": "SD3Transformer2DModel",
    "aura": "AuraFlowTransformer2DModel",
    "hidream": "HiDreamImageTransformer2DModel",
    "cosmos": "CosmosTransformer3DModel",
    "ltxv": "LTXVideoTransformer3DModel",
    "hyvid": "HunyuanVideoTransformer3DModel",
    "wan": "WanTransformer3DModel",
    "lumina2": "Lumina2Transformer2DModel",
    "qwen_image": "QwenImageTransformer2DModel",
}
# Families of text-generation-inference: server/text_generation_server/models/__init__.py.
TGI_FAMILIES = frozenset(
    """
    baichuan bloom cohere dbrx deepseek_v2 deepseek_v3 falcon galactica gemma gemma2 gemma3
    gemma3_text gpt2 gpt_bigcode gpt_neox gptj granite idefics idefics2 idefics3 llama llama4
    llava_next mamba mistral mixtral mllama mpt opt paligemma phi phi3 phimoe qwen2 qwen2_5_vl
    qwen2_vl santacoder starcoder2 t5
    """.split()
)
_TRAINED = frozenset({None})  # weights as they were trained, not quantised

_FORMATS = {
    "transformers": {"safetensors", "torch"},
    "vllm": {"safetensors", "torch", "adapter"},
    "sglang": {"safetensors", "torch", "adapter"},
    "tgi": {"safetensors"},
    "llama.cpp": {"gguf"},
    "ollama": {"gguf"},
    "mlx": {"mlx", "safetensors"},
    "diffusers": {"diffusers", "gguf", "adapter"},
    "trl": {"safetensors", "torch"},
    "peft": {"adapter", "safetensors", "torch"},
}
_VENDORS = {
    "transformers": {"nvidia", "amd", "intel", "apple", "cpu"},
    "vllm": {"nvidia", "amd", "intel", "cpu"},
    "sglang": {"nvidia", "amd"},
    "tgi": {"nvidia", "amd"},
    "llama.cpp": {"nvidia", "amd", "intel", "apple", "cpu"},
    "ollama": {"nvidia", "amd", "intel", "apple", "cpu"},
    "mlx": {"apple"},
    "diffusers": {"nvidia", "amd", "apple", "cpu"},
    "trl": {"nvidia", "amd"},
    "peft": {"nvidia", "amd", "intel", "apple", "cpu"},
}
_METHODS = {
    "transformers": _TRAINED
    | set(
        """
        aqlm auto-round awq bitnet bitsandbytes compressed-tensors eetq fbgemm_fp8 fp8 fp_quant
        gptq higgs hqq mxfp4 mxfp8 nvfp4 quanto quark sinq spqr torchao vptq
        """.split()
    ),
    "vllm": _TRAINED
    | set("auto-round awq compressed-tensors fp8 gptq modelopt mxfp4 mxfp8 quark torchao".split()),
    "sglang": _TRAINED
    | set("auto-round awq compressed-tensors fp8 gptq modelopt mxfp4 mxfp8 quark".split()),
    "tgi": _TRAINED | {"awq", "compressed-tensors", "fp8", "gptq"},
    "mlx": _TRAINED,
    "trl": _TRAINED | {"bitsandbytes"},
    "peft": _TRAINED | {"bitsandbytes"},
}
# `owner/name`, or the bare name of an old model; no path, as those begin with a point or a slash.
_REPO = re.compile(r"(?!\.)[\w.-]{1,96}(?:/(?!\.)[\w.-]{1,96})?", re.ASCII)
# The least compute capability that loads a kind of weights at all: `get_min_capability` of each
# engine. Below the hardware's own (`NATIVE`) they are unpacked as they are used.
_BASE = 7.5
_LOADS: Mapping[str, Mapping[str, float]] = {
    "vllm": {"mxfp4": 8.0, "mxfp8": 8.0, "modelopt-fp8": 8.0},
    "sglang": {"fp8": 8.0, "modelopt-fp8": 8.9, "nvfp4": 8.0, "packed-nvfp4": 10.0}
    | {"mxfp4": 8.0, "mxfp8": 10.0, "packed-fp8": 8.0, "packed-int": 8.0},
    "tgi": {"fp8": 8.0, "packed-fp8": 8.0, "packed-int": 8.0},
}
NATIVE = {"fp8": 8.9, "nvfp4": 10.0}


def scheme(subject: Subject) -> str | None:
    """What the weights are packed as, finer than their method: `nvfp4`, `packed-fp8`."""
    label = (subject.label or "").upper()
    four = "NVFP4" in label or "FP4" in label.replace("MXFP4", "")
    if subject.quantization == "modelopt":
        return "nvfp4" if four else "modelopt-fp8"
    if subject.quantization == "compressed-tensors":
        kinds = (("MXFP4", "mxfp4"), ("FP8", "packed-fp8"))
        kind = next((kind for word, kind in kinds if word in label), "packed-int")
        return "packed-nvfp4" if four else kind
    return subject.quantization


def refusal(engine: str, subject: Subject, setting: Setting) -> str | None:
    """Why an engine gets no command, None where it gets one."""
    names = [subject.repo, subject.file, subject.base, subject.projector]
    names += [subject.label, subject.endpoint]
    if wrong := next((why for name in names if name is not None and (why := problem(name))), None):
        return wrong
    return (
        _of_format(engine, subject)
        or _of_method(engine, subject)
        or _OF_ENGINE[engine](subject)
        or _of_hardware(engine, subject, setting)
    )


def needs_own_code(subject: Subject) -> bool:
    """The repo brings Python code, and transformers has none for this family."""
    return subject.has_auto_map and subject.family not in known_libraries.TRANSFORMERS


def native_gap(subject: Subject, setting: Setting) -> str | None:
    """Weights of a kind that this card cannot compute with: they save memory, not time."""
    kind = (scheme(subject) or "").removeprefix("packed-").removeprefix("modelopt-")
    least, given = NATIVE.get(kind), setting.compute_capability
    if least is None or given is None or given >= least:
        return None
    return f"{kind.upper()} needs compute capability {least}: here it saves memory, not time"


def _of_format(engine: str, subject: Subject) -> str | None:
    if subject.format in _FORMATS[engine]:
        return None
    if engine == "vllm" and subject.format == "gguf":
        return "vLLM loads no GGUF since 0.24 (a plugin of its own, vllm-gguf-plugin, does)"
    return f"{engine} does not load {subject.format} checkpoints"


def _of_method(engine: str, subject: Subject) -> str | None:
    if engine not in _METHODS or subject.format in {"mlx", "adapter"}:
        return None
    if subject.quantization in _METHODS[engine]:
        return None
    return f"{engine} does not load {subject.quantization} weights"


def _of_hardware(engine: str, subject: Subject, setting: Setting) -> str | None:
    if setting.vendor is None:
        return None
    if setting.vendor not in _VENDORS[engine]:
        return f"{engine} does not run on {setting.vendor} hardware"
    if setting.vendor == "cpu" and engine == "vllm" and subject.quantization:
        return "vllm runs quantised weights on GPUs only"
    if setting.vendor == "apple" and subject.quantization in {"awq", "bitsandbytes", "gptq"}:
        return f"{subject.quantization} has no kernels for Apple hardware"
    if setting.train == "qlora" and engine in {"trl", "peft"} and setting.vendor == "apple":
        return "QLoRA needs bitsandbytes, which has no kernels for Apple hardware"
    return _of_capability(engine, subject, setting.compute_capability)


def _of_capability(engine: str, subject: Subject, given: float | None) -> str | None:
    kernels = engine == "transformers" and subject.quantization in {"awq", "gptq"}
    if given is None or not (engine in {"vllm", "sglang", "tgi"} or kernels):
        return None
    least = _LOADS.get(engine, {}).get(scheme(subject) or "", _BASE)
    if given >= least:
        return None
    what = scheme(subject) or "any"
    return f"{engine} loads {what} weights from compute capability {least}, this is {given}"


def _transformers(subject: Subject) -> str | None:
    if subject.family in known_libraries.TRANSFORMERS or subject.has_auto_map:
        return None
    return f"transformers has no class for {subject.family or 'a family that is not named'}"


def _server(known: frozenset[str]) -> Callable[[Subject], str | None]:
    def of(subject: Subject) -> str | None:
        if subject.format == "adapter":
            drawing = subject.task in DRAWING_TASKS
            return "its base model is not a text model we know" if drawing else _based(subject)
        if subject.architecture in known:
            return None
        return f"{subject.architecture or 'its architecture'} is not among those it has code for"

    return of


def _based(subject: Subject) -> str | None:
    """Of a repo's adapter: a folder of whoever trained it is another one, or none, elsewhere."""
    if not subject.base:
        return "its base model is not known"
    if subject.is_local or _REPO.fullmatch(subject.base):
        return None
    return "its base model is no repo of a hub"


def _tgi(subject: Subject) -> str | None:
    if "text-generation-inference" not in subject.tags:
        return "it is not tagged for text-generation-inference"
    return None if subject.family in TGI_FAMILIES else f"tgi has no code for {subject.family}"


def _llama_cpp(subject: Subject) -> str | None:
    if subject.is_local and not subject.file:
        return "no GGUF file was named"
    if not subject.is_local and (subject.repo.count("/") != 1 or ":" in subject.repo):
        return "llama.cpp takes repos named namespace/name only"
    if subject.architecture is None or subject.architecture in known_servers.LLAMA_CPP:
        return None
    return f"llama.cpp has no code for {subject.architecture}"


def _ollama(subject: Subject) -> str | None:
    if not subject.file:
        return "no GGUF file was named"
    if "-of-0" in subject.file:
        return "Ollama loads no split GGUF files (merge them with llama-gguf-split --merge)"
    return _llama_cpp(subject)


def _mlx(subject: Subject) -> str | None:
    if subject.task in SEEING_TASKS and subject.family in known_libraries.MLX_VLM:
        return None
    if subject.task in CHAT_TASKS and subject.family in known_libraries.MLX_LM:
        return None
    return f"mlx-lm and mlx-vlm have no code to chat with {subject.family}"


def _diffusers(subject: Subject) -> str | None:
    if subject.format == "adapter":
        drawing = subject.task in DRAWING_TASKS
        return _based(subject) if drawing else "it is no adapter of an image or video model"
    if subject.format == "gguf":
        drawing = subject.architecture in DRAWING_GGUF and subject.file is not None
        return _based(subject) if drawing else f"diffusers has no code for {subject.architecture}"
    if subject.architecture in known_libraries.DIFFUSERS:
        return None
    return f"{subject.architecture or 'its pipeline'} is no pipeline of diffusers"


def _trl(subject: Subject) -> str | None:
    if subject.task not in CHAT_TASKS:
        return "trl trains models that generate text"
    return _transformers(subject)


def _peft(subject: Subject) -> str | None:
    if subject.task not in CHAT_TASKS:
        return "it is no adapter of a text model"
    return None if subject.format == "adapter" else _transformers(subject)


_OF_ENGINE: Mapping[str, Callable[[Subject], str | None]] = {
    "transformers": _transformers,
    "vllm": _server(known_servers.VLLM),
    "sglang": _server(known_servers.SGLANG),
    "tgi": _tgi,
    "llama.cpp": _llama_cpp,
    "ollama": _ollama,
    "mlx": _mlx,
    "diffusers": _diffusers,
    "trl": _trl,
    "peft": _peft,
}
