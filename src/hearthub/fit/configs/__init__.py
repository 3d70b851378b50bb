"""`config.json` of every family, read into an `Architecture`."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hearthub.fit.architecture import Architecture
from hearthub.fit.configs import decoder, encoders, known, towers
from hearthub.fit.configs.fields import Fields, family_of

TEXT = ("text_config", "llm_config", "language_config", "text_model")


def architecture_of(config: Mapping[str, Any]) -> Architecture:
    """What `config.json` describes. Raises BadRequest, naming the field, where it cannot be.

    A family that is not known is read as the general decoder, and a warning says so.
    """
    whole = Fields(config)
    top = whole.section("thinker_config") or whole  # Qwen Omni: what listens and answers in text
    text = top.section(*TEXT) or top
    name = decoder.name_of(whole)
    if family_of(top) in encoders.LONE:
        return _lone(top, name)
    if family_of(top) in encoders.PAIRS or family_of(text) in encoders.FAMILIES:
        architecture = replace(encoders.read(text, name), family=top.text("model_type"))
    else:
        architecture = decoder.read(text, top)
    warnings = architecture.warnings + known.warnings(top, text)
    beside = towers.parameters(top, architecture.hidden)
    return replace(architecture, vision_parameters=beside, warnings=warnings)


def _lone(top: Fields, name: str) -> Architecture:
    """A tower alone: no text, no cache."""
    width = towers.tower_width(top)
    pooler = width * (width + 1) if family_of(top) in encoders.POOLED else 0
    return Architecture(
        name=name,
        family=top.text("model_type"),
        hidden=width,
        vocabulary=0,
        context_max=None,
        layers=(),
        embedding_parameters=0,
        head_parameters=0,
        vision_parameters=towers.tower_parameters(top) + pooler,
        is_decoder=False,
    )
