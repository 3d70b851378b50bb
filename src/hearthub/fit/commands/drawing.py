"""Python that draws with diffusers 0.42.1: whole, or with parts in RAM where they do not fit."""

from hearthub.fit.commands.libraries import python
from hearthub.fit.commands.notes import notes_of
from hearthub.fit.commands.quoting import literal
from hearthub.fit.commands.subject import Command, Setting, Subject
from hearthub.fit.commands.support import DRAWING_GGUF

_VIDEO = ("text-to-video", "image-to-video", "video-to-video")
_DEVICES = {"apple": "mps", "cpu": "cpu"}
_ROOM = 0.9


def diffusers(subject: Subject, setting: Setting) -> Command:
    dtype = _dtype(setting)
    device = _DEVICES.get(setting.vendor or "", "cuda")
    spill = _spill(subject, setting)
    repo = subject.repo if subject.format == "diffusers" else subject.base or ""
    words = [literal(repo), f"dtype={dtype}"]
    body, names, imports = [], ["DiffusionPipeline"], ["import torch"]
    if subject.format == "gguf":
        kind = DRAWING_GGUF[subject.architecture or ""]
        names += ["GGUFQuantizationConfig", kind]
        body += _single_file(subject, kind, dtype, imports)
        words.append("transformer=transformer")
    if spill is None:
        words.append(f'device_map="{device}"')
    body.append(f"pipe = DiffusionPipeline.from_pretrained({', '.join(words)})")
    if subject.format == "adapter":
        body.append(f"pipe.load_lora_weights({literal(subject.repo)})")
    body += [spill] if spill else []
    imports.append(f"from diffusers import {', '.join(sorted(names))}")
    body += _use(subject, imports)
    return python(subject, imports, body, notes_of(subject, setting))


def _dtype(setting: Setting) -> str:
    if setting.vendor == "cpu":
        return "torch.float32"
    given = setting.compute_capability
    return "torch.float16" if given is not None and given < 8.0 else "torch.bfloat16"


def _spill(subject: Subject, setting: Setting) -> str | None:
    """The call that keeps parts in RAM, None where everything fits or nothing is known."""
    if not setting.gpu_bytes or not subject.weights_bytes or setting.vendor in _DEVICES:
        return None
    memory = setting.gpu_bytes * _ROOM
    if subject.weights_bytes <= memory:
        return None
    if (subject.largest_part_bytes or subject.weights_bytes) <= memory:
        return "pipe.enable_model_cpu_offload()"
    return (
        'pipe.enable_group_offload(onload_device=torch.device("cuda"), offload_type="leaf_level")'
    )


def _single_file(subject: Subject, kind: str, dtype: str, imports: list[str]) -> list[str]:
    """Of a repo, the file is fetched first: diffusers knows the addresses of one hub only."""
    repo, file = literal(subject.repo), literal(subject.file or "")
    if subject.is_local:
        imports.insert(0, "import os.path")
    else:
        imports.append("from huggingface_hub import hf_hub_download")
    path = (
        f"os.path.join({repo}, {file})" if subject.is_local else f"hf_hub_download({repo}, {file})"
    )
    return [
        f"transformer = {kind}.from_single_file(",
        f"    {path}, dtype={dtype},",
        f"    quantization_config=GGUFQuantizationConfig(compute_dtype={dtype}),",
        f'    config={literal(subject.base or "")}, subfolder="transformer",',
        ")",
    ]


def _use(subject: Subject, imports: list[str]) -> list[str]:
    task = subject.task or "text-to-image"
    words = ['"An astronaut riding a horse"'] if not task.startswith("unconditional") else []
    if task.startswith(("image-to", "inpaint")):
        imports.append("from diffusers.utils import load_image")
        words.append('image=load_image("input.png")')
    call = f"pipe({', '.join(words)})"
    if task not in _VIDEO:
        return [f'{call}.images[0].save("image.png")']
    imports.append("from diffusers.utils import export_to_video")
    return [
        "pipe.vae.enable_tiling()  # decoding all frames at once takes most memory",
        f'export_to_video({call}.frames[0], "video.mp4", fps=16)',
    ]
