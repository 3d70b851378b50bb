"""`config.json` of every family, read into an `Architecture`."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hearthub.fit.architecture import Architecture
from hearthub.fit.configs import decoder, towers
from hearthub.fit.configs.fields import Fields

TEXT = ("text_config", "llm_config", "language_config", "text_model")


def architecture_of(config: Mapping[str, Any]) -> Architecture:
    """What `config.json` describes. Raises BadRequest, naming the field, where it cannot be."""
    top = Fields(config)
    text = top.section(*TEXT) or top
    architecture = decoder.read(text, top)
    return replace(architecture, vision_parameters=towers.parameters(top, architecture.hidden))
