"""What goes into a model and what comes out, of which parts it is made, and its main use."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

from hearthub.fit.words import mapping, word, words

Kind = Literal["text", "image", "audio", "video"]
KINDS: tuple[Kind, ...] = ("text", "image", "audio", "video")
_MAX_PARTS = 50

# Tasks of the Hub: what goes in, what comes out; `-` for what is none of the four kinds.
_TASKS = {
    "text-generation": "text>text",
    "text2text-generation": "text>text",
    "translation": "text>text",
    "summarization": "text>text",
    "fill-mask": "text>text",
    "question-answering": "text>text",
    "table-question-answering": "text>text",
    "text-classification": "text>-",
    "token-classification": "text>-",
    "zero-shot-classification": "text>-",
    "text-ranking": "text>-",
    "feature-extraction": "text>-",
    "sentence-similarity": "text>-",
    "image-text-to-text": "text image>text",
    "video-text-to-text": "text video>text",
    "audio-text-to-text": "text audio>text",
    "visual-question-answering": "text image>text",
    "document-question-answering": "text image>text",
    "image-to-text": "image>text",
    "visual-document-retrieval": "text image>-",
    "text-to-image": "text>image",
    "image-to-image": "text image>image",
    "image-text-to-image": "text image>image",
    "unconditional-image-generation": "->image",
    "text-to-video": "text>video",
    "image-to-video": "text image>video",
    "image-text-to-video": "text image>video",
    "video-to-video": "text video>video",
    "text-to-speech": "text>audio",
    "text-to-audio": "text>audio",
    "audio-to-audio": "audio>audio",
    "automatic-speech-recognition": "audio>text",
    "audio-classification": "audio>-",
    "voice-activity-detection": "audio>-",
    "image-classification": "image>-",
    "zero-shot-image-classification": "text image>-",
    "object-detection": "image>-",
    "zero-shot-object-detection": "text image>-",
    "image-segmentation": "image>-",
    "image-feature-extraction": "image>-",
    "mask-generation": "image>-",
    "keypoint-detection": "image>-",
    "depth-estimation": "image>image",
    "video-classification": "video>-",
}
# Keys of config.json that only a model with such an input has.
_INPUTS: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    ("image", ("vision_config", "image_token_id", "image_token_index", "vit_config")),
    ("audio", ("audio_config", "audio_token_id", "audio_token_index", "speech_config")),
    ("video", ("video_token_id", "video_token_index")),
)
_SPEAKS = ("talker_config", "token2wav_config")  # of the omni models
_PARTS = {
    "text_config": "text",
    "vision_config": "vision",
    "vit_config": "vision",
    "audio_config": "audio",
    "speech_config": "audio",
    "thinker_config": "thinker",
    "talker_config": "talker",
    "token2wav_config": "vocoder",
    "encoder": "encoder",
    "decoder": "decoder",
}


@dataclass(frozen=True)
class Modality:
    inputs: tuple[Kind, ...]
    outputs: tuple[Kind, ...]
    """Empty where it gives labels, boxes, vectors, or nothing is known."""
    components: tuple[str, ...]
    """Of diffusers `name: Class`, as `model_index.json` lists them; else the parts of a config."""
    main_use: str | None
    """The task, None where nobody says it."""


def modality(
    config: Mapping[str, Any],
    model_index: Mapping[str, Any] | None = None,
    task: str | None = None,
) -> Modality:
    """From `config.json`, `model_index.json` of diffusers, and the Hub's task of the repo.

    The config adds to what the task says: a text-generation repo whose config has a vision part
    sees too.
    """
    taken, given = _of_task(task)
    thinker = mapping(config.get("thinker_config"))  # omni models nest what they hear and see with
    for kind, keys in _INPUTS:
        if any(config.get(key) is not None or thinker.get(key) is not None for key in keys):
            taken |= {"text", kind} if task in {None, "text-generation", "any-to-any"} else {kind}
    if any(mapping(config.get(key)) for key in _SPEAKS):
        given |= {"text", "audio"}
    if task is None and _writes(config):  # embedders have such a class too, and a task
        taken |= {"text"}
        given |= {"text"}
    parts = _components(config, model_index or {})
    return Modality(_ordered(taken), _ordered(given), tuple(parts), word(task))


def _of_task(task: str | None) -> tuple[set[str], set[str]]:
    taken, _, given = _TASKS.get(task or "", ">").partition(">")
    return set(taken.split()), set(given.split())


def _writes(config: Mapping[str, Any]) -> bool:
    return any(name.endswith("ForCausalLM") for name in words(config.get("architectures"))[:10])


def _ordered(kinds: set[str]) -> tuple[Kind, ...]:
    return tuple(kind for kind in KINDS if kind in kinds)


def _components(config: Mapping[str, Any], model_index: Mapping[str, Any]) -> Iterator[str]:
    if model_index:
        yield from islice(_of_pipeline(model_index), _MAX_PARTS)
        return
    named = (part for key, part in _PARTS.items() if isinstance(config.get(key), dict))
    yield from dict.fromkeys(named)


def _of_pipeline(model_index: Mapping[str, Any]) -> Iterator[str]:
    """`"vae": ["diffusers", "AutoencoderKL"]`; `[null, null]` stands for a part left out."""
    for key, value in islice(model_index.items(), 10 * _MAX_PARTS):
        if isinstance(value, list) and len(value) == 2:
            name, kind = word(key), word(value[1])
            if name and kind:
                yield f"{name}: {kind}"
