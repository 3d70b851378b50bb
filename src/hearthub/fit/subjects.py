"""A model and hardware as the commands want them."""

from collections.abc import Sequence
from typing import cast, get_args

from hearthub.fit.architecture import Architecture
from hearthub.fit.commands import Setting, Subject
from hearthub.fit.commands.subject import Format, Vendor
from hearthub.fit.hardware import Hardware
from hearthub.fit.identity import Identity
from hearthub.fit.model import Model
from hearthub.fit.placing import Placed, memory_of
from hearthub.fit.wanted import Wanted
from hearthub.fit.weight_names import sidecar_of
from hearthub.fit.weights import Checkpoint
from hearthub.fit.words import mapping, word, words


def subject_of(
    model: Model,
    checkpoint: Checkpoint | None,
    identity: Identity,
    architecture: Architecture | None,
    endpoint: str | None,
) -> Subject:
    """Of a config without weights, as if they were safetensors."""
    layers = architecture.layers if architecture else ()
    parts = model.contents.checkpoints if model.contents.is_pipeline else ()
    sizes = [part.weights_bytes for part in parts]
    rank = model.adapter.get("r")
    return Subject(
        repo=model.name if model.folder is None else model.folder,
        format=_format(model, identity),
        is_local=model.is_local,
        endpoint=None if model.is_local else endpoint,
        file=checkpoint.files[0].path if checkpoint and checkpoint.format == "gguf" else None,
        label=identity.quantization.label,
        quantization=identity.quantization.method,
        dtype=_dtype(checkpoint),
        architecture=identity.architecture,
        family=_family(model, identity),
        task=identity.modality.main_use,
        tags=(*words(model.card.get("tags")), *model.tags),
        context_max=identity.context_max,
        is_moe=identity.sizes.experts > 0,
        is_mla=any(layer.attention.kind == "mla" for layer in layers),
        has_auto_map=bool(mapping(model.config.get("auto_map"))),
        projector=_projector(checkpoint),
        base=model.base,
        adapter_rank=rank if type(rank) is int else None,
        weights_bytes=sum(sizes) or (checkpoint.weights_bytes if checkpoint else None),
        largest_part_bytes=max(sizes, default=None),
    )


def setting_of(
    hardware: Hardware | None, wanted: Wanted, context: int, placed: Placed | None = None
) -> Setting:
    """Without hardware nothing is refused for it. `placed`: how it was found to fit there."""
    capability = hardware.compute_capability if hardware else None
    return Setting(
        vendor=vendor_of(hardware) if hardware else None,
        compute_capability=capability[0] + capability[1] / 10 if capability else None,
        gpus=wanted.gpus,
        gpu_bytes=memory_of(hardware) if hardware else None,
        context=context,
        parallel=wanted.parallel,
        cache_type=wanted.cache_type,
        gpu_layers=placed.gpu_layers if placed else None,
        cpu_expert_layers=placed.cpu_expert_layers if placed else None,
        train=wanted.train,
    )


def vendor_of(hardware: Hardware) -> Vendor | None:
    """None for a card of which only the size is known."""
    if hardware.kind in ("cpu", "phone"):
        return "cpu"
    if hardware.vendor == "any":
        return None
    known = hardware.vendor.lower()
    return cast(Vendor, known) if known in get_args(Vendor) else "other"


def _format(model: Model, identity: Identity) -> Format:
    if model.adapter:
        return "adapter"
    if model.pipeline:
        return "diffusers"
    return cast(Format, identity.quantization.format or "safetensors")


def _family(model: Model, identity: Identity) -> str | None:
    return word(model.config.get("model_type")) or identity.family


def _dtype(checkpoint: Checkpoint | None) -> str | None:
    """What most bytes are of."""
    sizes: dict[str, int] = {}
    for tensor in checkpoint.tensors if checkpoint else ():
        sizes[tensor.dtype] = sizes.get(tensor.dtype, 0) + tensor.size
    return max(sizes, key=lambda dtype: sizes[dtype], default=None)


def _projector(checkpoint: Checkpoint | None) -> str | None:
    sidecars: Sequence[str] = [file.path for file in checkpoint.sidecars] if checkpoint else []
    return next((path for path in sidecars if sidecar_of(path) != "mtp"), None)
