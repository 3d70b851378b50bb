"""What goes in, what comes out, and the parts."""

from typing import Any

import pytest

from hearthub.fit.modality import Modality, modality

LLAMA = {"architectures": ["LlamaForCausalLM"]}
SEEING = {"architectures": ["XForConditionalGeneration"], "vision_config": {}, "text_config": {}}
FILMS = SEEING | {"video_token_id": 7}


@pytest.mark.parametrize(
    ("config", "task", "inputs", "outputs"),
    [
        (LLAMA, None, ("text",), ("text",)),
        (LLAMA, "feature-extraction", ("text",), ()),
        ({"architectures": ["BertModel"]}, "feature-extraction", ("text",), ()),
        (SEEING, "image-text-to-text", ("text", "image"), ("text",)),
        (
            SEEING | {"video_token_id": 7},
            "image-text-to-text",
            ("text", "image", "video"),
            ("text",),
        ),
        (SEEING, None, ("text", "image"), ()),
        ({}, "automatic-speech-recognition", ("audio",), ("text",)),
        ({}, "text-to-video", ("text",), ("video",)),
        ({}, "unconditional-image-generation", (), ("image",)),
        ({"audio_config": {}}, "image-classification", ("image", "audio"), ()),
        ({}, "tabular-regression", (), ()),
        ({}, None, (), ()),
    ],
)
def test_kinds(
    config: dict[str, Any], task: str | None, inputs: tuple[str], outputs: tuple[str]
) -> None:
    found = modality(config, task=task)
    assert (found.inputs, found.outputs, found.main_use) == (inputs, outputs, task)


def test_omni() -> None:
    config = {
        "thinker_config": {"audio_config": {}, "vision_config": {}, "video_token_id": 1},
        "talker_config": {"a": 1},
        "token2wav_config": {"b": 1},
    }
    assert modality(config, task="any-to-any") == Modality(
        ("text", "image", "audio", "video"),
        ("text", "audio"),
        ("thinker", "talker", "vocoder"),
        "any-to-any",
    )


def test_parts_of_a_pipeline() -> None:
    index = {
        "_class_name": "WanPipeline",
        "transformer": ["diffusers", "WanTransformer3DModel"],
        "transformer_2": ["diffusers", "WanTransformer3DModel"],
        "safety_checker": [None, None],
        "vae": ["diffusers", "AutoencoderKLWan"],
    }
    assert modality({}, index, "text-to-video").components == (
        "transformer: WanTransformer3DModel",
        "transformer_2: WanTransformer3DModel",
        "vae: AutoencoderKLWan",
    )


def test_odd_values() -> None:
    odd = {"architectures": 7, "vision_config": None, "text_config": [], "talker_config": "x"}
    assert modality(odd, {"a": ["x", 3.5], "b": [[], {}], "c\x00": ["d", "e\n"]}) == (
        Modality((), (), ("a: 3.5", "c: e"), None)
    )
    many = {f"part{n}": ["diffusers", "X"] for n in range(1000)}
    assert len(modality({}, many).components) == 50
